//! Memory for the maps of a network.

/// Memory that was used before: what the system gives anew is slow to touch at first. Runs that share it, the
/// largest first, take no more than that one.
#[derive(Default)]
pub struct Buffers {
    free: Vec<Vec<f32>>,
}

impl Buffers {
    /// So many numbers, with any values: who takes them writes all.
    pub(super) fn take(&mut self, length: usize) -> Vec<f32> {
        let sizes = self.free.iter().map(Vec::capacity).enumerate();
        let smallest = sizes.filter(|(_, size)| *size >= length).min_by_key(|(_, size)| *size);
        let Some((index, _)) = smallest else { return vec![0.0; length] };
        let mut buffer = self.free.swap_remove(index);
        buffer.resize(length, 0.0);
        buffer
    }

    pub(super) fn give_back(&mut self, buffer: Vec<f32>) {
        self.free.push(buffer);
    }
}
