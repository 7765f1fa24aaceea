//! A Merkle tree (RFC 6962 §2.1): one hash for many leaves, and a short path that proves one of them without showing the others.
//!
//! A leaf is hashed behind a 0 and an inner node behind a 1, so that no node can be passed off as a leaf. A node without a sibling
//! moves up as it is.

use minicbor::{Decode, Encode};
use sha2::{Digest as _, Sha256};

/// The hash of a leaf or of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct Node(#[cbor(n(0), with = "minicbor::bytes")] pub [u8; 32]);

/// The hash of a leaf's bytes.
#[must_use]
pub fn leaf(parts: &[&[u8]]) -> Node {
    let mut hash = Sha256::new();
    hash.update([0]);
    parts.iter().for_each(|part| hash.update(part));
    Node(hash.finalize().into())
}

fn join(left: Node, right: Node) -> Node {
    let mut hash = Sha256::new();
    hash.update([1]);
    hash.update(left.0);
    hash.update(right.0);
    Node(hash.finalize().into())
}

/// All nodes of a tree, level by level from its leaves.
#[derive(Debug, Clone)]
pub struct Tree {
    levels: Vec<Vec<Node>>,
}

impl Tree {
    /// The tree over some leaves; `None` over none.
    #[must_use]
    pub fn over(leaves: Vec<Node>) -> Option<Self> {
        let mut levels = vec![leaves];
        while let Some(level) = levels.last().filter(|level| level.len() > 1) {
            let pairs = level.chunks(2).filter_map(|pair| match pair {
                [left, right] => Some(join(*left, *right)),
                rest => rest.first().copied(),
            });
            levels.push(pairs.collect());
        }
        let is_empty = levels.last().is_none_or(Vec::is_empty);
        (!is_empty).then_some(Self { levels })
    }

    /// The hash of it all.
    #[must_use]
    pub fn root(&self) -> Option<Node> {
        self.levels.last()?.first().copied()
    }

    /// The siblings on the way from a leaf to the root.
    #[must_use]
    pub fn path(&self, index: usize) -> Vec<Node> {
        let heights = self.levels.iter().enumerate();
        heights
            .filter_map(|(height, level)| level.get((index >> height) ^ 1).copied())
            .collect()
    }
}

/// The root of a tree of `size` leaves that has this leaf at `index` and these siblings on its way; `None` if no tree has.
#[must_use]
pub fn root_of(leaf: Node, mut index: u32, mut size: u32, path: &[Node]) -> Option<Node> {
    if index >= size {
        return None;
    }
    let mut node = leaf;
    let mut siblings = path.iter();
    while size > 1 {
        if index ^ 1 < size {
            let sibling = *siblings.next()?;
            node = match index % 2 {
                0 => join(node, sibling),
                _ => join(sibling, node),
            };
        }
        index /= 2;
        size = size.div_ceil(2);
    }
    siblings.next().is_none().then_some(node)
}

#[cfg(test)]
mod tests;
