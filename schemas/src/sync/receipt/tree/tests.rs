//! The tree of a receipt, held to their word.

use super::*;
use proptest::prelude::*;

fn leaves(count: usize) -> Vec<Node> {
    (0..count).map(|n| leaf(&[&n.to_be_bytes()])).collect()
}

proptest! {
    #[test]
    fn every_leaf_is_proved_by_its_own_path_and_place_and_by_no_other(count in 1_usize..600, at in 0_usize..600, bit in 0_usize..256) {
        let index = at % count;
        let tree = Tree::over(leaves(count)).unwrap();
        let (root, path) = (tree.root(), tree.path(index));
        let size = u32::try_from(count).unwrap();
        let at = u32::try_from(index).unwrap();
        let own = leaves(count)[index];
        prop_assert_eq!(root_of(own, at, size, &path), root);
        prop_assert!(path.len() <= 10);
        let mut other = own;
        other.0[bit / 8] ^= 1 << (bit % 8);
        prop_assert_ne!(root_of(other, at, size, &path), root);
        if count > 1 {
            let elsewhere = (at + 1) % size;
            prop_assert_ne!(root_of(own, elsewhere, size, &path), root);
            prop_assert_eq!(root_of(own, at, size, &path[1..]), None);
        }
        prop_assert_eq!(root_of(own, at, size, &[path, vec![own]].concat()), None);
        prop_assert_eq!(root_of(own, size, size, &[]), None);
    }
}

#[test]
fn the_tree_is_that_of_the_rfc() {
    // RFC 6962 §2.1.3: seven leaves; the last one's path is [j, k], the third one's [c, g, l].
    let seven = leaves(7);
    let [a, b, c, d, e, f, j] = <[Node; 7]>::try_from(seven.clone()).unwrap();
    let (g, h, i) = (join(a, b), join(c, d), join(e, f));
    let (k, l) = (join(g, h), join(i, j));
    let tree = Tree::over(seven).unwrap();
    assert_eq!(tree.root(), Some(join(k, l)));
    assert_eq!(tree.path(6), [i, k]);
    assert_eq!(tree.path(3), [c, g, l]);
    assert!(Tree::over(Vec::new()).is_none());
}
