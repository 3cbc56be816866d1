//! What is remembered until it expires, in bounded memory, at the same cost however much there is.

use std::collections::{BTreeSet, HashMap};

/// Values under keys, each until its own time. If there are too many, those that expire first go.
#[derive(Debug)]
pub(crate) struct Expiring<V> {
    entries: HashMap<String, (i64, V)>,
    /// The same, in the order in which they expire.
    order: BTreeSet<(i64, String)>,
}

impl<V> Default for Expiring<V> {
    fn default() -> Self {
        Self {
            entries: HashMap::new(),
            order: BTreeSet::new(),
        }
    }
}

impl<V> Expiring<V> {
    /// Keeps `value` until the time `until`; gives back what it replaces.
    pub(crate) fn insert(&mut self, key: String, value: V, until: i64, now: i64) -> Option<V> {
        let old = self.remove(&key);
        while self.entries.len() >= MOST || self.order.first().is_some_and(|(end, _)| *end <= now) {
            let Some((_, first)) = self.order.pop_first() else {
                break;
            };
            self.entries.remove(&first);
        }
        self.order.insert((until, key.clone()));
        self.entries.insert(key, (until, value));
        old
    }

    /// The value under this key; it may have expired.
    pub(crate) fn get_mut(&mut self, key: &str) -> Option<&mut V> {
        self.entries.get_mut(key).map(|(_, value)| value)
    }

    /// Forgets the value under this key.
    pub(crate) fn remove(&mut self, key: &str) -> Option<V> {
        let (until, value) = self.entries.remove(key)?;
        self.order.remove(&(until, key.to_owned()));
        Some(value)
    }
}

const MOST: usize = 10_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_expired_goes_with_the_next_that_comes() {
        let mut kept = Expiring::default();
        assert_eq!(kept.insert(String::from("a"), 1, 10, 0), None);
        assert_eq!(kept.insert(String::from("b"), 2, 20, 0), None);
        assert_eq!(kept.insert(String::from("a"), 3, 15, 0), Some(1));
        assert_eq!(kept.get_mut("a"), Some(&mut 3));
        kept.insert(String::from("c"), 4, 30, 15);
        assert!(kept.get_mut("a").is_none() && kept.get_mut("b") == Some(&mut 2));
        assert_eq!((kept.remove("b"), kept.remove("b")), (Some(2), None));
        assert_eq!((kept.entries.len(), kept.order.len()), (1, 1));
    }

    #[test]
    fn there_are_never_more_than_memory_is_meant_for() {
        let mut kept = Expiring::default();
        for number in 0..MOST as i64 + 100 {
            kept.insert(number.to_string(), (), 1000 + number, 0);
        }
        assert_eq!((kept.entries.len(), kept.order.len()), (MOST, MOST));
        assert!(kept.get_mut("99").is_none() && kept.get_mut("100").is_some());
    }
}
