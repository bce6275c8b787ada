//! In which order the members of an object came, and how those were written that hold nothing.

use std::fmt;

/// How an object was written: the order of its members, and which of them were null, empty or whole.
///
/// Values stand in the fields. This says where each is written again, and that a field which holds nothing was there
/// all the same: `"refusal": null` is not the same to a reader as no `refusal`. A field that has been changed since is
/// written with its new value, one that was added comes last, and an object that a program made has its fields in
/// their own order. The order of the first 22 changes between known and unknown members is kept; those behind follow
/// the known ones first.
///
/// Two shapes are always equal: how an object was written makes it no other object.
#[derive(Clone, Copy, Default)]
pub struct Shape {
    was_read: bool,
    count: u8,
    steps: [u8; MOST],
}

const MOST: usize = 22;

/// How a known member was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Given {
    /// With a value.
    Value,
    /// As null.
    Null,
    /// With a value that a field has by itself, such as an empty list; or a number without its fraction.
    Bare,
}

/// What is written next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The known member of this number, and how it came, if it did.
    Known(u8, Option<Given>),
    /// So many of the unknown members.
    Extra(usize),
}

// A step is a byte: two bits say which kind, six its number or count.
const KIND: u8 = 0b1100_0000;
const EXTRA: u8 = 0b0000_0000;
const VALUE: u8 = 0b0100_0000;
const NULL: u8 = 0b1000_0000;
const BARE: u8 = 0b1100_0000;

impl Shape {
    /// Of an object that is about to be read.
    pub(super) const fn to_read() -> Self {
        Self { was_read: true, count: 0, steps: [0; MOST] }
    }

    /// The known member of this number, below 32, came next.
    pub(super) fn known(&mut self, number: u8, given: Given) {
        let kind = match given {
            Given::Value => VALUE,
            Given::Null => NULL,
            Given::Bare => BARE,
        };
        self.push(kind | number);
    }

    /// An unknown member came next.
    pub(super) fn extra(&mut self) {
        if let Some(last) = usize::from(self.count).checked_sub(1)
            && self.steps[last] & KIND == EXTRA
            && self.steps[last] < !KIND
        {
            self.steps[last] += 1;
        } else {
            self.push(EXTRA | 1);
        }
    }

    fn push(&mut self, step: u8) {
        if let Some(place) = self.steps.get_mut(usize::from(self.count)) {
            *place = step;
            self.count += 1;
        }
    }

    /// Whether the object was read, and not made by a program.
    pub(super) const fn was_read(&self) -> bool {
        self.was_read
    }

    /// How the known member of this number came, if it did.
    pub(super) fn given(&self, number: u8) -> Option<Given> {
        self.recorded().find_map(|step| match step {
            Step::Known(it, given) if it == number => given,
            Step::Known(..) | Step::Extra(_) => None,
        })
    }

    /// Forgets that the known member of this number came.
    pub(super) fn forget(&mut self, number: u8) {
        let mut rest = *self;
        rest.count = 0;
        for step in self.steps.into_iter().take(usize::from(self.count)) {
            if step & KIND == EXTRA || step & !KIND != number {
                rest.push(step);
            }
        }
        *self = rest;
    }

    fn recorded(&self) -> impl Iterator<Item = Step> {
        self.steps.into_iter().take(usize::from(self.count)).map(|step| {
            let number = step & !KIND;
            match step & KIND {
                VALUE => Step::Known(number, Some(Given::Value)),
                NULL => Step::Known(number, Some(Given::Null)),
                BARE => Step::Known(number, Some(Given::Bare)),
                _ => Step::Extra(number.into()),
            }
        })
    }

    /// All that may have to be written of an object with so many known members.
    pub(super) fn steps(&self, known: u8) -> impl Iterator<Item = Step> {
        let mut missing = u32::MAX;
        for step in self.recorded() {
            if let Step::Known(number, _) = step {
                missing &= !(1 << number);
            }
        }
        let missing = (0..known).filter(move |number| missing & (1 << number) != 0);
        let missing = missing.map(|number| Step::Known(number, None));
        self.recorded().chain(missing).chain([Step::Extra(usize::MAX)])
    }
}

impl PartialEq for Shape {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl fmt::Debug for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shape")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(shape: &Shape, known: u8) -> Vec<Step> {
        shape.steps(known).collect()
    }

    #[test]
    fn what_was_not_read_has_its_own_order() {
        let steps = [Step::Known(0, None), Step::Known(1, None), Step::Extra(usize::MAX)];
        assert_eq!(all(&Shape::default(), 2), steps);
    }

    #[test]
    fn what_came_comes_first_and_the_rest_behind_it() {
        let mut shape = Shape::to_read();
        shape.extra();
        shape.extra();
        shape.known(2, Given::Null);
        shape.extra();
        shape.known(0, Given::Value);
        let steps = [
            Step::Extra(2),
            Step::Known(2, Some(Given::Null)),
            Step::Extra(1),
            Step::Known(0, Some(Given::Value)),
            Step::Known(1, None),
            Step::Extra(usize::MAX),
        ];
        assert_eq!(all(&shape, 3), steps);
        assert_eq!((shape.given(2), shape.given(1)), (Some(Given::Null), None));
        shape.forget(2);
        assert_eq!((shape.given(2), shape.given(0)), (None, Some(Given::Value)));
    }

    #[test]
    fn nothing_is_lost_of_an_object_with_more_members_than_are_kept_in_order() {
        let mut shape = Shape::to_read();
        for number in 0..30 {
            shape.known(number, Given::Value);
            shape.extra();
        }
        let steps = all(&shape, 30);
        let known = steps.iter().filter(|step| matches!(step, Step::Known(..))).count();
        assert_eq!((known, steps.last()), (30, Some(&Step::Extra(usize::MAX))));
    }

    #[test]
    fn unknown_members_are_counted_beyond_one_step() {
        let mut shape = Shape::to_read();
        (0..100).for_each(|_| shape.extra());
        assert_eq!(all(&shape, 0), [Step::Extra(63), Step::Extra(37), Step::Extra(usize::MAX)]);
    }
}
