//! The wire matrix: each question in all its spellings has one answer, whoever asks.

use std::cmp::Ordering;
use std::path::Path;

use anyhow::Result;
use serde_json::{Value, json};

use super::compare::{differences, shortened};
use super::drivers::{DRIVERS, Driver, Reply, Spelling};
use super::records::{self, Record};
use super::{Tally, Target, questions};

/// A request, the ways to spell it, and what it must be answered with.
pub struct Question {
    pub name: &'static str,
    pub path: &'static str,
    pub spellings: Vec<Spelling>,
    pub answer: Expected,
}

pub enum Expected {
    /// A page of the records that match.
    Page(Page),
    /// The number of the records that match.
    Count(fn(&Record) -> bool),
    /// 400, and this code.
    Rejected,
}

pub struct Page {
    pub matches: fn(&Record) -> bool,
    pub order: fn(&Record, &Record) -> Ordering,
    pub size: usize,
    pub number: usize,
    /// What is there to see in a row.
    pub row: fn(&Value) -> bool,
}

/// Asks everything of everybody.
pub fn check(place: &Path, target: &Target, tally: &mut Tally) -> Result<()> {
    let questions = questions::all();
    // The first good answer to a question is what all others are compared with, key by key.
    let mut first_answers: Vec<Option<Value>> = questions.iter().map(|_| None).collect();
    for driver in DRIVERS {
        if !tally.wants(driver.name) {
            continue;
        }
        let asked: Vec<(usize, &Spelling)> = questions
            .iter()
            .enumerate()
            .flat_map(|(index, it)| it.spellings.iter().map(move |spelling| (index, spelling)))
            .filter(|(_, spelling)| driver.takes(spelling))
            .collect();
        let requests: Vec<(&str, Spelling)> = asked
            .iter()
            .map(|(index, spelling)| (questions[*index].path, (*spelling).clone()))
            .collect();
        for ((index, spelling), reply) in asked.iter().zip(driver.ask(place, target, &requests)?) {
            let question = &questions[*index];
            let complaints = complaints(question, &reply, &mut first_answers[*index]);
            tally.note(driver.name, &described(question, spelling), &complaints);
        }
    }
    check_authorization(target, tally)
}

fn described(question: &Question, spelling: &Spelling) -> String {
    match spelling {
        Spelling::Params(params) => format!("{} {} {params}", question.name, question.path),
        Spelling::Raw(query) => format!("{} {}?{query}", question.name, question.path),
    }
}

fn complaints(question: &Question, reply: &Reply, first: &mut Option<Value>) -> Vec<String> {
    let expected_status = if matches!(question.answer, Expected::Rejected) { 400 } else { 200 };
    if reply.status != expected_status {
        let body = shortened(&reply.body);
        return vec![format!("{}, not {expected_status}: {body}", reply.status)];
    }
    let Ok(mut answer) = serde_json::from_str::<Value>(&reply.body) else {
        return vec![format!("no JSON: {}", shortened(&reply.body))];
    };
    if let Some(time) = answer.pointer_mut("/signature/dateTime") {
        *time = json!("now");
    }
    let mut complaints = match &question.answer {
        Expected::Page(page) => page_complaints(question.path, page, &answer),
        Expected::Count(matches) => {
            let count = records_of(question.path).iter().filter(|it| matches(it)).count();
            differences(&json!({"success": true, "data": count}), &answer)
        }
        Expected::Rejected => rejection_complaints(&answer),
    };
    match first {
        // A rejection names the parameter as it was spelled.
        Some(_) if matches!(question.answer, Expected::Rejected) => {}
        Some(first) => complaints.extend(differences(first, &answer)),
        None if complaints.is_empty() => *first = Some(answer),
        None => {}
    }
    complaints
}

fn records_of(path: &str) -> Vec<Record> {
    if path.ends_with("document-liveness") { records::documents() } else { records::validations() }
}

fn page_complaints(path: &str, page: &Page, answer: &Value) -> Vec<String> {
    let mut matching = records_of(path);
    matching.retain(page.matches);
    matching.sort_by(page.order);
    let shown = matching.iter().skip((page.number - 1) * page.size).take(page.size);
    let ids: Vec<&str> = shown.map(|record| record.id.as_str()).collect();
    let rows = answer["data"].as_array().map(Vec::as_slice).unwrap_or_default();
    let found: Vec<&str> = rows.iter().filter_map(|row| row["_id"].as_str()).collect();
    let size_name = if path.ends_with("document-liveness") { "limit" } else { "perPage" };
    let pagination = json!({
        "page": page.number,
        size_name: page.size,
        "total": matching.len(),
        "pages": matching.len().div_ceil(page.size),
    });
    let mut complaints = differences(&pagination, &answer["pagination"]);
    if ids != found {
        complaints.push(format!("the rows are {found:?}, not {ids:?}"));
    }
    if let Some(row) = rows.iter().find(|row| !(page.row)(row)) {
        complaints.push(format!("a row looks like {}", shortened(&row.to_string())));
    }
    complaints
}

fn rejection_complaints(answer: &Value) -> Vec<String> {
    let keys: Vec<&String> = answer.as_object().map(|it| it.keys().collect()).unwrap_or_default();
    if keys == ["success", "error", "code", "details"]
        && answer["code"] == "INVALID_PARAMETERS"
        && answer["details"].as_array().is_some_and(|details| !details.is_empty())
    {
        return Vec::new();
    }
    vec![format!("not the error of the seeds: {}", shortened(&answer.to_string()))]
}

/// The header in all its forms.
fn check_authorization(target: &Target, tally: &mut Tally) -> Result<()> {
    let driver: &Driver = &DRIVERS[DRIVERS.len() - 1];
    if !tally.wants(driver.name) {
        return Ok(());
    }
    let token = &target.token;
    let path = "/v2/biometric-validations?perPage=1";
    for form in ["Bearer ", "bearer ", "BEARER ", "JWT ", "jwt ", ""] {
        let answer = crate::http::get(target.address, path, Some(&format!("{form}{token}")))?;
        let good = answer.status == 200;
        let told = format!("{} {}", answer.status, String::from_utf8_lossy(&answer.body));
        let complaints = if good { Vec::new() } else { vec![told] };
        tally.note(driver.name, &format!("Authorization: {form}TOKEN"), &complaints);
    }
    for wrong in [None, Some("Bearer nonsense".to_owned()), Some(format!("Basic {token}"))] {
        let answer = crate::http::get(target.address, path, wrong.as_deref())?;
        let told = format!("{}, not 401", answer.status);
        let complaints = if answer.status == 401 { Vec::new() } else { vec![told] };
        tally.note(driver.name, "a wrong Authorization", &complaints);
    }
    Ok(())
}
