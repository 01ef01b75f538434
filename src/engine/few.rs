/// A few things, each with what it is for, made when they are first asked for. Of more than so many, the one that was made
/// first goes.
#[derive(Debug)]
pub(super) struct Few<K, V, const MOST: usize>(Vec<(K, V)>);

impl<K, V, const MOST: usize> Default for Few<K, V, MOST> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<K, V, const MOST: usize> Few<K, V, MOST> {
    /// The one whose `is` holds of what it is for, or a new one.
    ///
    /// # Errors
    /// Why a new one could not be made.
    pub(super) fn get_or_make<E>(
        &mut self,
        is: impl Fn(&K) -> bool,
        make: impl FnOnce() -> Result<(K, V), E>,
    ) -> Result<&mut V, E> {
        let place = match self.0.iter().position(|(key, _)| is(key)) {
            Some(known) => known,
            None => {
                let made = make()?;
                if self.0.len() >= MOST {
                    self.0.remove(0);
                }
                self.0.push(made);
                self.0.len() - 1
            }
        };
        Ok(&mut self.0[place].1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(few: &mut Few<u8, u8, 2>, key: u8, value: u8) -> u8 {
        *few.get_or_make(|known| *known == key, || Ok::<_, ()>((key, value))).unwrap()
    }

    #[test]
    fn each_is_made_once_and_the_oldest_makes_room() {
        let mut few = Few::default();
        assert_eq!((ask(&mut few, 1, 10), ask(&mut few, 1, 11), ask(&mut few, 2, 20)), (10, 10, 20));
        assert_eq!((ask(&mut few, 3, 30), ask(&mut few, 2, 21), ask(&mut few, 1, 12)), (30, 20, 12));
        assert_eq!(few.get_or_make(|known| *known == 9, || Err("no")), Err("no"));
    }
}
