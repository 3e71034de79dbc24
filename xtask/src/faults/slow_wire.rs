//! A wire to a server that can be made slow, or silent.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Result;

/// Longer than anybody waits.
pub const SILENT: Duration = Duration::from_secs(24 * 60 * 60);
const LOOK_EVERY: Duration = Duration::from_millis(5);

pub struct SlowWire {
    pub address: SocketAddr,
    /// Milliseconds that each piece is held back.
    delay: Arc<AtomicU64>,
}

impl SlowWire {
    /// Listens for as long as the process lives.
    pub fn to(port: u16) -> Result<SlowWire> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let wire = SlowWire { address: listener.local_addr()?, delay: Arc::default() };
        let delay = Arc::clone(&wire.delay);
        std::thread::spawn(move || {
            for near in listener.incoming().map_while(Result::ok) {
                let Ok(far) = TcpStream::connect(("127.0.0.1", port)) else { continue };
                for (from, to) in [(&near, &far), (&far, &near)] {
                    let (Ok(from), Ok(to)) = (from.try_clone(), to.try_clone()) else { continue };
                    let delay = Arc::clone(&delay);
                    std::thread::spawn(move || carry(from, to, &delay));
                }
            }
        });
        Ok(wire)
    }

    pub fn hold_back(&self, delay: Duration) {
        self.delay.store(u64::try_from(delay.as_millis()).unwrap_or(u64::MAX), Ordering::SeqCst);
    }
}

fn carry(mut from: TcpStream, mut to: TcpStream, delay: &AtomicU64) {
    let mut piece = [0; 64 * 1024];
    while let Ok(length) = from.read(&mut piece) {
        let mut held = Duration::ZERO;
        while held < Duration::from_millis(delay.load(Ordering::SeqCst)) {
            std::thread::sleep(LOOK_EVERY);
            held += LOOK_EVERY;
        }
        if length == 0 || to.write_all(&piece[..length]).is_err() {
            break;
        }
    }
    // The other end may be gone already.
    let _ = to.shutdown(Shutdown::Both);
    let _ = from.shutdown(Shutdown::Both);
}
