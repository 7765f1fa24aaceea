//! How the story is told, held to their word.

use super::*;

fn told(lang: Lang, tell: impl Fn(&mut Teller<&mut Vec<u8>>) -> io::Result<()>) -> String {
    let mut text = Vec::new();
    tell(&mut Teller::new(lang, &mut text)).unwrap();
    String::from_utf8(text).unwrap()
}

#[test]
fn a_story_is_told_in_the_language_asked_for_and_its_chapters_are_numbered() {
    let tell = |teller: &mut Teller<&mut Vec<u8>>| {
        teller.chapter("开始", "Begin")?;
        teller.say("甲", "one")?;
        teller.chapter("结束", "End")
    };
    assert_eq!(told(Lang::Zh, tell), "\n[1] 开始\n  甲\n\n[2] 结束\n");
    assert_eq!(told(Lang::En, tell), "\n[1] Begin\n  one\n\n[2] End\n");
}

#[test]
fn columns_stand_straight_with_chinese_and_shares_add_up() {
    let rows = [("投诉".to_owned(), 3), ("12345热线".to_owned(), 1)];
    let text = told(Lang::Zh, |teller| teller.bars("渠道", "Channel", &rows));
    let counts: Vec<_> = text
        .lines()
        .skip(1)
        .map(|line| width(line.split('█').next().unwrap()))
        .collect();
    assert_eq!(counts[0], counts[1]);
    assert!(text.contains(" 75.0%") && text.contains(" 25.0%"), "{text}");
}
