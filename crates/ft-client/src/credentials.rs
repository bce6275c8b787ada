//! Which of a provider's credentials a request has used up.

/// Numbers of credentials. The first 64, which is more than most have, take no room of their own.
#[derive(Clone, Debug, Default)]
pub(crate) struct Credentials {
    first: u64,
    /// Of those from 64 on.
    more: Vec<usize>,
}

impl Credentials {
    pub(crate) const NONE: Self = Self { first: 0, more: Vec::new() };

    pub(crate) fn insert(&mut self, credential: usize) {
        match credential {
            0..64 => self.first |= 1 << credential,
            _ if !self.more.contains(&credential) => self.more.push(credential),
            _ => {}
        }
    }

    pub(crate) fn contains(&self, credential: usize) -> bool {
        match credential {
            0..64 => self.first & (1 << credential) != 0,
            _ => self.more.contains(&credential),
        }
    }

    pub(crate) fn clear(&mut self) {
        self.first = 0;
        self.more.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sixty_fifth_is_not_the_first() {
        let mut used = Credentials::NONE;
        used.insert(0);
        assert!(used.contains(0) && !used.contains(64));
        used.insert(64);
        used.insert(64);
        used.insert(200);
        assert!(used.contains(64) && used.contains(200) && !used.contains(65));
        used.clear();
        assert!((0..300).all(|credential| !used.contains(credential)));
    }
}
