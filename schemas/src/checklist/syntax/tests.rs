//! Tests of: the grammar of expressions: the part of XPath 1.0 that XLSForm uses, as text and as a tree.

use super::*;

fn question(name: &str) -> Node {
    Node::Question(name.to_owned())
}

fn chain(first: Node, rest: &[(Operator, Node)]) -> Node {
    Node::Chain(Box::new(first), rest.to_vec())
}

#[test]
fn operators_bind_as_in_xpath() {
    use Operator::{Add, And, Equal, Less, Multiply, Or};
    let product = chain(question("b"), &[(Multiply, Node::Number(2.0))]);
    let sum = chain(question("a"), &[(Add, product), (Add, Node::Number(1.0))]);
    let less = chain(sum, &[(Less, question("c"))]);
    let equal = chain(less, &[(Equal, Node::Call("true".to_owned(), vec![]))]);
    let and = chain(question("x"), &[(And, equal)]);
    let whole = chain(and, &[(Or, question("y"))]);
    let text = "${x} and ${a} + ${b} * 2 + 1 < ${c} = true() or ${y}";
    assert_eq!(parse(text), Ok(whole));
}

#[test]
fn chains_of_one_precedence_stay_flat_however_long() {
    let long = format!("1{}", " + 1".repeat(4_000));
    match parse(&long) {
        Ok(Node::Chain(first, rest)) => {
            assert_eq!(*first, Node::Number(1.0));
            assert_eq!(rest.len(), 4_000);
            assert!(rest.iter().all(|(_, node)| *node == Node::Number(1.0)));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_minus_belongs_to_a_name_where_it_can_and_is_an_operator_elsewhere() {
    assert_eq!(parse("a-b"), Ok(Node::Column("a-b".to_owned())));
    let minus = [(Operator::Subtract, Node::Column("b".to_owned()))];
    assert_eq!(
        parse("a -b"),
        Ok(chain(Node::Column("a".to_owned()), &minus))
    );
    assert_eq!(parse("-.5"), Ok(Node::Negate(Box::new(Node::Number(0.5)))));
}

#[test]
fn location_paths_are_recognised_as_such() {
    for path in [
        "/data/a",
        "//a",
        "${r}[position() = 1]/a",
        "instance('l')/root/item[a = 'b']",
        "../a",
    ] {
        assert!(
            matches!(parse(path), Ok(Node::Path(_))),
            "{path}: {:?}",
            parse(path)
        );
    }
    assert_eq!(
        parse("position(../..)"),
        Ok(Node::Call("position".to_owned(), vec![Node::Up(2)]))
    );
}

#[test]
fn a_refusal_says_where_and_what_in_characters() {
    let refusal = |text: &str| parse(text).map_err(|error| error.to_string());
    let said = "cannot be read: an operator or the end was expected at character 6, found `世界`";
    assert_eq!(refusal("'你好' 世界"), Err(said.to_owned()));
    assert_eq!(parse(&"(".repeat(100)), Err(SyntaxError::TooDeep));
    assert_eq!(
        parse(&"1".repeat(EXPRESSION_BYTES_MAX + 1)),
        Err(SyntaxError::TooLong)
    );
}
