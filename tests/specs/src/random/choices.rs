//! Choices as a list of numbers: what a random spec is made of. A list that ran out gives zeros, and
//! zero is always the plainest choice, so proptest shrinks a spec by shortening the list and making
//! its numbers smaller.

/// A list of choices, taken from the front.
#[derive(Debug, Clone)]
pub struct Choices {
    list: Vec<u16>,
    at: usize,
}

impl Choices {
    pub fn new(list: Vec<u16>) -> Self {
        Self { list, at: 0 }
    }

    fn next(&mut self) -> u16 {
        let next = self.list.get(self.at).copied().unwrap_or(0);
        self.at += 1;
        next
    }

    /// Returns a number below `most`; a smaller choice gives a smaller one.
    pub fn below(&mut self, most: usize) -> usize {
        (usize::from(self.next()) * most) >> 16
    }

    /// Returns a number from `least` to `most`.
    pub fn between(&mut self, least: usize, most: usize) -> usize {
        least + self.below(most + 1 - least)
    }

    /// Returns true once in `n` times, and false for the plainest choice.
    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == n - 1
    }

    /// Returns one of several, the first for the plainest choice.
    pub fn of<T: Copy>(&mut self, several: &[T]) -> T {
        several[self.below(several.len())]
    }

    /// Puts a list into some order; the plainest choice leaves it as it is.
    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        for at in 0..list.len() {
            let other = at + self.below(list.len() - at);
            list.swap(at, other);
        }
    }
}
