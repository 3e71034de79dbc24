//! Server-sent events (the HTML standard, 9.2), out of bytes as they come.

/// An event with its data.
#[derive(Debug, PartialEq, Eq)]
pub struct Event {
    /// The last id so far, of this event or one before it.
    pub id: Option<String>,
    pub data: String,
}

/// What was read of a stream so far.
#[derive(Default)]
pub struct EventStream {
    line: Vec<u8>,
    /// The last byte ended a line, and a line feed after it is a part of that end.
    after_return: bool,
    id: Option<String>,
    /// The same, as of the last empty line: a stream that breaks off within an event goes on before it.
    settled: Option<String>,
    data: Option<String>,
}

/// A line, or the lines of one event's data, are longer than an event is.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the server sends a line of more than {LINE_BYTES_MAX} bytes")]
pub struct LineTooLong;

const LINE_BYTES_MAX: usize = 64 * 1024;

impl EventStream {
    /// The events that end with these bytes. Names of events, comments and `retry` are passed over.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Vec<Event>, LineTooLong> {
        let mut events = Vec::new();
        for byte in bytes {
            let is_second = std::mem::replace(&mut self.after_return, *byte == b'\r');
            match byte {
                b'\n' if is_second => {}
                b'\n' | b'\r' => events.extend(self.end_line()?),
                _ if self.line.len() == LINE_BYTES_MAX => return Err(LineTooLong),
                byte => self.line.push(*byte),
            }
        }
        Ok(events)
    }

    /// The last id that an empty line has followed.
    pub fn last_id(&self) -> Option<&str> {
        self.settled.as_deref()
    }

    fn end_line(&mut self) -> Result<Option<Event>, LineTooLong> {
        let line = String::from_utf8_lossy(&self.line).into_owned();
        self.line.clear();
        if line.is_empty() {
            self.settled.clone_from(&self.id);
            let data = self.data.take();
            return Ok(data.map(|data| Event { id: self.id.clone(), data }));
        }
        let (name, value) = line.split_once(':').unwrap_or((&line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match (name, &mut self.data) {
            ("id", _) if !value.contains('\0') => self.id = Some(value.to_owned()),
            ("data", Some(data)) if data.len() + value.len() >= LINE_BYTES_MAX => {
                return Err(LineTooLong);
            }
            ("data", Some(data)) => {
                data.push('\n');
                data.push_str(value);
            }
            ("data", data) => *data = Some(value.to_owned()),
            _ => {}
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &str = ": hello\nretry: 1000\n\nid: 7\nevent: project.created\ndata: {\"a\":\"é\"}\n\n\
                          :\n\ndata:one\ndata\ndata:  two\nother: x\n\nid: 8\n\nid: 9\0\ndata: \
                          last\n\ndata: cut off";

    fn event(id: &str, data: &str) -> Event {
        Event { id: Some(id.to_owned()), data: data.to_owned() }
    }

    fn expected() -> [Event; 3] {
        [event("7", "{\"a\":\"é\"}"), event("7", "one\n\n two"), event("8", "last")]
    }

    fn read(chunks: &[&[u8]]) -> Vec<Event> {
        let mut stream = EventStream::default();
        chunks.iter().flat_map(|chunk| stream.push(chunk).expect("events")).collect()
    }

    #[test]
    fn events_are_the_same_wherever_the_bytes_are_cut() {
        for text in [STREAM.to_owned(), STREAM.replace('\n', "\r\n"), STREAM.replace('\n', "\r")] {
            let bytes = text.as_bytes();
            for at in 0..bytes.len() {
                assert_eq!(read(&[&bytes[..at], &bytes[at..]]), expected(), "{at}");
            }
            let single: Vec<&[u8]> = bytes.chunks(1).collect();
            assert_eq!(read(&single), expected());
        }
    }

    #[test]
    fn a_line_has_a_limit_and_so_has_an_event() {
        let long = "a".repeat(LINE_BYTES_MAX - 6);
        let mut stream = EventStream::default();
        assert_eq!(stream.push(format!("data: {long}\n\n").as_bytes()).map(|it| it.len()), Ok(1));
        assert_eq!(stream.push(format!("data: {long}a").as_bytes()), Err(LineTooLong));
        let mut stream = EventStream::default();
        let line = format!("data: {}\n", &long[..LINE_BYTES_MAX / 2]);
        assert_eq!(stream.push(line.as_bytes()), Ok(Vec::new()));
        assert_eq!(stream.push(line.as_bytes()), Err(LineTooLong));
    }
}
