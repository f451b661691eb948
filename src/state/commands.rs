//! Where the event of every command stands: what makes a command that is sent again, in ten years, known for what it is.

use std::sync::Arc;

use hashbrown::HashMap;
use parking_lot::RwLock;

use crate::domain::CommandId;
use crate::position::Position;

/// The parts of the index; a part that grows is copied, and the others are not kept waiting.
const PARTS: usize = 256;

/// The positions of commands, shared by all snapshots of one history: a snapshot leaves out what is beyond its tail. An
/// entry takes 25 bytes, and 57 at most with the room that a part has to grow.
#[derive(Clone, Debug)]
pub(super) struct CommandIndex(Arc<[RwLock<HashMap<CommandId, Position>>]>);

impl CommandIndex {
    pub(super) fn get(&self, id: CommandId) -> Option<Position> {
        self.part(id).read().get(&id).copied()
    }

    pub(super) fn insert(&self, id: CommandId, position: Position) {
        self.part(id).write().insert(id, position);
    }

    /// Makes room for so many.
    pub(super) fn reserve(&self, commands: usize) {
        self.0.iter().for_each(|part| part.write().reserve(commands / PARTS));
    }

    /// Takes back what did not become durable, so that its position may be another's.
    pub(super) fn remove(&self, id: CommandId) {
        self.part(id).write().remove(&id);
    }

    /// Whether both say the same of what stands up to `tail`.
    pub(super) fn agrees(&self, other: &CommandIndex, tail: Position) -> bool {
        let known = |index: &CommandIndex| -> Vec<(CommandId, Position)> {
            let all = index
                .0
                .iter()
                .flat_map(|part| part.read().iter().map(|(id, at)| (*id, *at)).collect::<Vec<_>>());
            let mut known: Vec<_> = all.filter(|(_, position)| *position <= tail).collect();
            known.sort_unstable();
            known
        };
        Arc::ptr_eq(&self.0, &other.0) || known(self) == known(other)
    }

    /// Ids are random, or made by hashing: their last byte spreads them well enough.
    fn part(&self, id: CommandId) -> &RwLock<HashMap<CommandId, Position>> {
        &self.0[usize::from(id.0.as_bytes()[15]) % PARTS]
    }
}

impl Default for CommandIndex {
    fn default() -> CommandIndex {
        CommandIndex((0..PARTS).map(|_| RwLock::default()).collect())
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    /// However many there are: parts that have just grown are emptiest.
    #[test]
    fn an_entry_takes_sixty_bytes_at_most() {
        let index = CommandIndex::default();
        let (mut least, mut most) = (usize::MAX, 0);
        for n in 1..=400_000_u64 {
            // Any number has its own id; their bits are spread as those of random ids are.
            let hash = blake3::hash(&n.to_le_bytes());
            let id = CommandId(Uuid::from_slice(&hash.as_bytes()[..16]).unwrap());
            index.insert(id, Position(n));
            if n >= 20_000 && n % 1_000 == 0 {
                let bytes: usize = index.0.iter().map(|part| part.read().allocation_size()).sum();
                let each = bytes / usize::try_from(n).unwrap();
                (least, most) = (least.min(each), most.max(each));
            }
        }
        println!("{least} to {most} bytes for each command");
        assert!(most <= 60, "{most} bytes");
    }
}
