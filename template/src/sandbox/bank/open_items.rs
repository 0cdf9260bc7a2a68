//! Orders that a later one settles or releases, and the money that is held
//! until then.

use std::{any::Any, collections::HashMap};

use super::{ledger::HeldMoney, order::Order};

/// What has become of an order that was kept open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemState {
    Open,
    Settled,
    Released,
}

/// An order that was kept open.
#[derive(Debug, Clone)]
pub struct Item<O> {
    pub order: O,
    pub state: ItemState,
    index: usize,
}

/// Money that is on hold, and the reference of the order that it is held for.
#[derive(Debug)]
pub struct OpenHold<'a> {
    pub reference: &'a str,
    pub money: &'a HeldMoney,
}

#[derive(Debug)]
struct StoredItem {
    reference: String,
    order: Box<dyn Any + Send>,
    held: Option<HeldMoney>,
    state: ItemState,
}

/// All orders that were kept open, whatever became of them.
#[derive(Debug, Default)]
pub struct OpenItems {
    items: Vec<StoredItem>,
    /// Where the items of a reference are; more than one only if the bank was
    /// made forgetful.
    of_reference: HashMap<String, Vec<usize>>,
}

impl OpenItems {
    pub fn keep<O: Order>(&mut self, reference: &str, order: O, held: Option<HeldMoney>) {
        let index = self.items.len();
        self.items.push(StoredItem {
            reference: reference.to_owned(),
            order: Box::new(order),
            held,
            state: ItemState::Open,
        });
        let indexes = self.of_reference.entry(reference.to_owned()).or_default();
        indexes.push(index);
    }

    /// An order of this kind under this reference: an open one if there is one.
    pub fn find<O: Order>(&self, reference: &str) -> Option<Item<O>> {
        let indexes = self.of_reference.get(reference)?;
        let mut found = indexes.iter().filter_map(|index| {
            let stored = &self.items[*index];
            let order = stored.order.downcast_ref::<O>()?;
            Some((*index, order, stored.state))
        });
        let open = found
            .clone()
            .find(|(_, _, state)| *state == ItemState::Open);
        let (index, order, state) = open.or_else(|| found.next())?;
        Some(Item {
            order: order.clone(),
            state,
            index,
        })
    }

    /// The money that is held for an item.
    pub fn held<O>(&self, item: &Item<O>) -> Option<&HeldMoney> {
        self.items[item.index].held.as_ref()
    }

    pub fn close<O>(&mut self, item: &Item<O>, state: ItemState) {
        self.items[item.index].state = state;
    }

    /// The money that is on hold now.
    pub fn holds(&self) -> impl Iterator<Item = OpenHold<'_>> {
        let open = |item: &&StoredItem| item.state == ItemState::Open;
        self.items.iter().filter(open).filter_map(|item| {
            Some(OpenHold {
                reference: &item.reference,
                money: item.held.as_ref()?,
            })
        })
    }
}
