//! The lines of the decision tree's page are what happens.

use super::*;

const PAGE: &str = include_str!("../../../../../docs/decision-tree.md");

#[test]
fn the_lines_of_the_page_are_what_happens() {
    let (_, block) = PAGE.split_once("```script\n").expect("the page has its lines");
    let (block, _) = block.split_once("```").expect("they end");
    let plan = Plan { emergency: true, ..quick(2) };
    for line in block.lines() {
        let (script, steps) = line.split_once('|').expect("script | steps");
        assert_eq!(run(&plan, false, script), steps.trim(), "{line}");
    }
    assert!(block.lines().count() > 8);
}

#[test]
fn the_figures_of_the_page_are_those_of_the_code() {
    let quick = format!("within {} ms of asking", wait::QUICK.as_millis());
    assert!(PAGE.contains(&quick), "{quick}");
}
