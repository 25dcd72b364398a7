//! A map that forgets: bounded memory of people, texts and addresses without a scan and without a clock.
//!
//! Two generations: what is looked up moves to the young one; when that is full it becomes the old one, and what the old one
//! still held is gone. So what was used among the last `half` distinct keys is always there, and there are never more than twice
//! as many. Dropping a generation costs as much as filling it did.

use std::collections::HashMap;
use std::hash::Hash;

/// A bounded map that forgets what was not used for longest, roughly.
#[derive(Debug)]
pub struct Recent<K, V> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
    half: usize,
}

impl<K: Eq + Hash + Copy, V> Recent<K, V> {
    /// Remembers at least the last `half` keys that were used, at most twice as many.
    pub fn new(half: usize) -> Self {
        Self { young: HashMap::new(), old: HashMap::new(), half: half.max(1) }
    }

    /// What is known of `key`; keeps it young.
    pub fn get(&mut self, key: K) -> Option<&mut V> {
        if !self.young.contains_key(&key) {
            let value = self.old.remove(&key)?;
            self.insert(key, value);
        }
        self.young.get_mut(&key)
    }

    /// What is known of `key`, without keeping it young.
    pub fn peek(&self, key: K) -> Option<&V> {
        self.young.get(&key).or_else(|| self.old.get(&key))
    }

    /// What is known of `key`, or what `new` makes of nothing.
    pub fn entry(&mut self, key: K, new: impl FnOnce() -> V) -> &mut V {
        if !self.young.contains_key(&key) {
            let value = self.old.remove(&key).unwrap_or_else(new);
            self.insert(key, value);
        }
        self.young.entry(key).or_insert_with(|| unreachable!("inserted above"))
    }

    /// Remembers `value`; says whether the key was new.
    pub fn insert(&mut self, key: K, value: V) -> bool {
        let known = self.old.remove(&key).is_some();
        if self.young.len() >= self.half && !self.young.contains_key(&key) {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, value).is_none() && !known
    }

    /// Forgets `key`.
    pub fn remove(&mut self, key: K) -> Option<V> {
        let young = self.young.remove(&key);
        young.or(self.old.remove(&key))
    }

    /// How many keys are known.
    pub fn len(&self) -> usize {
        self.young.len() + self.old.len()
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.young.is_empty() && self.old.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_used_keys_are_known_and_the_rest_is_bounded() {
        let mut recent = Recent::new(10);
        for key in 0..1_000 {
            assert!(recent.insert(key, key));
            assert!(recent.get(0).is_some(), "what is used all the time stays");
            assert!(recent.len() <= 20);
        }
        assert!((991..1_000).all(|key| recent.peek(key) == Some(&key)));
        assert_eq!(recent.peek(500), None);
    }

    #[test]
    fn inserting_again_is_not_new_whichever_generation_holds_it() {
        let mut recent = Recent::new(1);
        assert!(recent.insert(1, 'a'));
        assert!(recent.insert(2, 'b'));
        assert!(!recent.insert(1, 'c'));
        assert_eq!(recent.remove(1), Some('c'));
        assert_eq!(recent.entry(1, || 'd'), &'d');
    }
}
