//! PNG files made chunk by chunk, also such as encoders do not make.

/// What a PNG says about its pixels.
#[derive(Clone)]
pub struct Png {
    pub width: usize,
    pub height: usize,
    pub depth: u8,
    /// 0 grey, 2 RGB, 3 palette, 4 grey with alpha, 6 RGB with alpha.
    pub colour: u8,
    pub interlaced: bool,
    /// Chunks between the header and the pixels.
    pub before: Vec<([u8; 4], Vec<u8>)>,
    pub after: Vec<([u8; 4], Vec<u8>)>,
}

impl Png {
    pub fn new(width: usize, height: usize, depth: u8, colour: u8) -> Png {
        let (before, after) = (Vec::new(), Vec::new());
        Png { width, height, depth, colour, interlaced: false, before, after }
    }

    pub fn with(mut self, kind: &[u8; 4], payload: &[u8]) -> Png {
        self.before.push((*kind, payload.to_vec()));
        self
    }

    pub fn followed_by(mut self, kind: &[u8; 4], payload: &[u8]) -> Png {
        self.after.push((*kind, payload.to_vec()));
        self
    }

    /// `sample` gives the value of a channel of a pixel.
    pub fn write(&self, sample: impl Fn(usize, usize, usize) -> u16) -> Vec<u8> {
        let channels = [1, 0, 3, 1, 2, 0, 4][usize::from(self.colour)];
        let passes: &[[usize; 4]] = match self.interlaced {
            false => &[[0, 0, 1, 1]],
            true => &[
                [0, 0, 8, 8],
                [4, 0, 8, 8],
                [0, 4, 4, 8],
                [2, 0, 4, 4],
                [0, 2, 2, 4],
                [1, 0, 2, 2],
                [0, 1, 1, 2],
            ],
        };
        let mut rows = Vec::new();
        for [x0, y0, dx, dy] in passes {
            if *x0 >= self.width {
                continue;
            }
            for y in (*y0..self.height).step_by(*dy) {
                rows.push(0);
                let (mut bits, mut count) = (0u32, 0);
                for x in (*x0..self.width).step_by(*dx) {
                    for channel in 0..channels {
                        bits = bits << self.depth | u32::from(sample(x, y, channel));
                        count += u32::from(self.depth);
                        while count >= 8 {
                            rows.push((bits >> (count - 8)) as u8);
                            count -= 8;
                        }
                    }
                }
                if count > 0 {
                    rows.push((bits << (8 - count)) as u8);
                }
            }
        }
        let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
        let mut header = Vec::new();
        header.extend((self.width as u32).to_be_bytes());
        header.extend((self.height as u32).to_be_bytes());
        header.extend([self.depth, self.colour, 0, 0, u8::from(self.interlaced)]);
        chunk(&mut file, b"IHDR", &header);
        self.before.iter().for_each(|(kind, payload)| chunk(&mut file, kind, payload));
        chunk(&mut file, b"IDAT", &stored(&rows));
        self.after.iter().for_each(|(kind, payload)| chunk(&mut file, kind, payload));
        chunk(&mut file, b"IEND", &[]);
        file
    }
}

fn chunk(file: &mut Vec<u8>, kind: &[u8; 4], payload: &[u8]) {
    file.extend((payload.len() as u32).to_be_bytes());
    let from = file.len();
    file.extend(kind);
    file.extend(payload);
    file.extend(crc32(&file[from..]).to_be_bytes());
}

/// A zlib stream that compresses nothing.
pub fn stored(bytes: &[u8]) -> Vec<u8> {
    let mut stream = vec![0x78, 0x01];
    let blocks: Vec<&[u8]> = bytes.chunks(65_535).collect();
    for (at, block) in blocks.iter().enumerate() {
        stream.push(u8::from(at + 1 == blocks.len()));
        stream.extend((block.len() as u16).to_le_bytes());
        stream.extend((!(block.len() as u16)).to_le_bytes());
        stream.extend(*block);
    }
    let (mut a, mut b) = (1u32, 0u32);
    for byte in bytes {
        a = (a + u32::from(*byte)) % 65_521;
        b = (b + a) % 65_521;
    }
    stream.extend((b << 16 | a).to_be_bytes());
    stream
}

pub fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |c, _| {
            (c >> 1) ^ (0xEDB8_8320 & (0u32.wrapping_sub(c & 1)))
        })
    })
}
