//! A network that says of each row of its output which of many classes it is.

use crate::network::{Buffers, Class, ClassHead, NchwTensor, Network, NetworkError};

/// The most by which a probability may differ where the last layer is run here.
const DIFFERENCE_MAX: f32 = 1e-3;

/// A network whose output is a probability for each class, in rows. Its last layer, a product with a softmax
/// over all classes, is run here where it can be: with thousands of classes most of its time goes to
/// writing down numbers of which one a row is wanted.
pub struct Classifier {
    network: Network,
    head: Option<ClassHead>,
    classes: usize,
}

impl Classifier {
    /// `probe` is an image of a size and with levels that the model takes.
    ///
    /// # Errors
    /// The model cannot be read, or has no such output.
    pub fn load(
        role: &'static str,
        bytes: Vec<u8>,
        output: &str,
        probe: &NchwTensor,
    ) -> Result<Classifier, NetworkError> {
        let head = ClassHead::find(&bytes, output);
        let network = Network::load(role, bytes, &[output], probe)?;
        let mut buffers = Buffers::default();
        let (_, classes) = network.run_rows(probe, &mut buffers)?;
        let mut classifier = Classifier { network, head: None, classes };
        let expected = classifier.classify(probe, &mut buffers)?;
        let agrees = |found: Vec<Class>| {
            let near = |(a, b): (&Class, &Class)| a.0 == b.0 && (a.1 - b.1).abs() <= DIFFERENCE_MAX;
            found.len() == expected.len() && found.iter().zip(&expected).all(near)
        };
        if let Some((head, input)) = head
            && classifier.network.set_output(&input).is_some()
        {
            classifier.head = Some(head);
            if !classifier.classify(probe, &mut buffers).is_ok_and(agrees) {
                classifier.head = None;
                classifier.network.set_output(output);
            }
        }
        Ok(classifier)
    }

    /// How many classes there are.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// Whether the last layer is run here: see [`Classifier`].
    pub fn runs_its_last_layer(&self) -> bool {
        self.head.is_some()
    }

    /// The class of each row, in the order of the output. Calls one after the other share `buffers`.
    ///
    /// # Errors
    /// The model takes no image of this size.
    pub fn classify(
        &self,
        planes: &NchwTensor,
        buffers: &mut Buffers,
    ) -> Result<Vec<Class>, NetworkError> {
        let (values, row) = self.network.run_rows(planes, buffers)?;
        if let Some(head) = &self.head {
            let role = self.network.role;
            let cause = "its last layer takes rows of another length".to_owned();
            return head.best(&values, row).ok_or(NetworkError::Failed { role, cause });
        }
        Ok(values.chunks_exact(row.max(1)).map(best).collect())
    }

    /// An entry of the model's own metadata.
    pub fn metadata(&self, name: &str) -> Option<&str> {
        self.network.metadata(name)
    }
}

fn best(row: &[f32]) -> Class {
    let larger = |best: Class, (class, value): (usize, &f32)| {
        if *value > best.1 { (class, *value) } else { best }
    };
    row.iter().enumerate().fold((0, f32::MIN), larger)
}
