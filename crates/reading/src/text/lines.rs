//! Reads one line of text: the network gives a letter, or none, for each of its columns.

use verax_domain::document_reading::Corners;
use verax_vision::classifier::Classifier;
use verax_vision::image::Image;
use verax_vision::network::{Buffers, Class, NchwTensor, NetworkError};

use super::crops::{crop, sides};

/// The network's height, and the least and the greatest width that it is given.
const HEIGHT_PX: usize = 48;
const WIDTH_MIN_PX: usize = 128;
const WIDTH_MAX_PX: usize = 2400;
/// The entry of the model's metadata that names its letters, one a line.
const LETTERS_ENTRY: &str = "character";

/// A line as it was read.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadLine {
    pub text: String,
    /// How sure the network is of each letter of `text`, 0..=1.
    pub confidences: Vec<f32>,
}

impl ReadLine {
    /// The mean over its letters; 0 where there is none.
    pub fn confidence(&self) -> f32 {
        match self.confidences.len() {
            0 => 0.0,
            letters => self.confidences.iter().sum::<f32>() / letters as f32,
        }
    }
}

/// The network that reads lines, and its letters.
pub struct LineReader {
    classifier: Classifier,
    /// What each class stands for; the first is no letter.
    letters: Vec<String>,
}

impl LineReader {
    /// # Errors
    /// The model cannot be read, or does not name its letters.
    pub fn load(model: Vec<u8>) -> Result<LineReader, NetworkError> {
        const ROLE: &str = "text lines";
        let probe = NchwTensor::noise(WIDTH_MIN_PX, HEIGHT_PX).normalised();
        let classifier = Classifier::load(ROLE, model, "fetch_name_0", &probe)?;
        let Some(named) = classifier.metadata(LETTERS_ENTRY) else {
            let cause = format!("its metadata have no {LETTERS_ENTRY}");
            return Err(NetworkError::Unreadable { role: ROLE, cause });
        };
        let named = named.split('\n').map(|letter| letter.trim_end_matches('\r').to_owned());
        let mut letters: Vec<String> = std::iter::once(String::new()).chain(named).collect();
        // A list that ends in a line break has no letter after it.
        if letters.last().is_some_and(String::is_empty) && letters.len() > 1 {
            letters.pop();
        }
        letters.push(" ".to_owned());
        if classifier.classes() != letters.len() {
            let cause = "its classes are not the letters that its metadata name".to_owned();
            return Err(NetworkError::Unreadable { role: ROLE, cause });
        }
        Ok(LineReader { classifier, letters })
    }

    /// How wide the network's input for a line is, in pixels: what it costs is in proportion to that.
    pub fn input_width(corners: &Corners) -> usize {
        padded(line_width(corners, 1.0))
    }

    /// Reads what lies within `corners` of the image, which go clockwise from where the text begins.
    /// `stretch` widens it: letters that stand close, as the fillers of a zone, are told apart then.
    /// Lines one after the other share `buffers`.
    ///
    /// # Errors
    /// The network fails.
    pub fn read(
        &self,
        image: &Image,
        corners: &Corners,
        stretch: f32,
        buffers: &mut Buffers,
    ) -> Result<ReadLine, NetworkError> {
        let width = line_width(corners, stretch);
        let input = crop(image, corners, (width, HEIGHT_PX), padded(width));
        Ok(decoded(&self.classifier.classify(&input, buffers)?, &self.letters))
    }
}

fn line_width(corners: &Corners, stretch: f32) -> usize {
    let (across, along) = sides(corners);
    let width = HEIGHT_PX as f32 * across / along.max(1.0) * stretch;
    (width.ceil() as usize).clamp(HEIGHT_PX / 4, WIDTH_MAX_PX)
}

/// A multiple of what the network divides its width by.
fn padded(width: usize) -> usize {
    width.next_multiple_of(16).max(WIDTH_MIN_PX)
}

/// Greedy decoding of connectionist temporal classification (Graves et al. 2006): of the class of each column
/// repetitions count once, and those of class 0 and of no letter are left out.
pub fn decoded(columns: &[Class], letters: &[String]) -> ReadLine {
    let mut line = ReadLine { text: String::new(), confidences: Vec::new() };
    let mut before = 0;
    for (class, probability) in columns {
        if *class != 0
            && *class != before
            && let Some(letter) = letters.get(*class)
        {
            line.text.push_str(letter);
            line.confidences.extend(letter.chars().map(|_| probability.clamp(0.0, 1.0)));
        }
        before = *class;
    }
    line
}
