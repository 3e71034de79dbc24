//! The only way to a [`Query`]: every spelling of the wire is known here and nowhere else, and
//! every problem of a request is reported at once.

mod ignored;
pub mod include;
mod key;
mod problem;
mod value;

use crate::query::{Condition, Page, Query, Retrieval, SortKey, Test};
use crate::{Field, Kind, Resource, Typed};
use ignored::IgnoredWords;
use include::IncludeWords;
use key::{Key, Operator, Pair, Parameter, SentValue, Why};
pub use problem::Problem;
use problem::problem;

/// What becomes of parameters that mean nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Handling {
    /// They are left out of account, as Verifik does, and told of.
    #[default]
    Lenient,
    /// They are problems.
    Strict,
}

/// A condition that a call makes of a parameter of its own: its value is read like a filter's.
#[derive(Clone, Debug)]
pub struct OwnFilter {
    pub field: &'static Field,
    pub compared: Compared,
    pub value: String,
}

/// How the field is compared with the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compared {
    Equal,
    /// The field contains it, in any case.
    Containing,
}

/// The longest query string in bytes, as sent.
pub const QUERY_BYTES_MAX: usize = 8 * 1024;

const CONDITIONS_MAX: usize = 20;
const MEMBERS_MAX: usize = 100;
/// The furthest record that a page may begin at; a database's own offset is a signed 64-bit number.
const SKIP_MAX: u64 = 1 << 52;

impl Query {
    /// Reads the query string of a list request (without its `?`), raw or percent-encoded. What means
    /// nothing is in [`Query::ignored`].
    ///
    /// # Errors
    /// All problems of the request: names first, then filters, sort, page and what is shown.
    pub fn parse(resource: &'static Resource, raw: &str) -> Result<Query, Vec<Problem>> {
        Query::parse_as(resource, raw, Handling::Lenient)
    }

    /// The same; `handling` says whether what means nothing is a problem.
    ///
    /// # Errors
    /// All problems of the request.
    pub fn parse_as(
        resource: &'static Resource,
        raw: &str,
        handling: Handling,
    ) -> Result<Query, Vec<Problem>> {
        read(resource, raw, handling, OwnFilters::default(), |_, _| Ok(()))
    }

    /// The same; where the parameter `name` is sent, the next of `filters` counts in its place.
    ///
    /// # Errors
    /// All problems of the request.
    pub fn parse_with(
        resource: &'static Resource,
        raw: &str,
        handling: Handling,
        name: &str,
        filters: Vec<OwnFilter>,
    ) -> Result<Query, Vec<Problem>> {
        let own = OwnFilters { name, filters: filters.into_iter() };
        read(resource, raw, handling, own, |_, _| Ok(()))
    }

    /// A list of what these filters leave. Of the parameters, decoded, `page`, `offset`, `limit` and
    /// `perPage` say which page; without its size there are `size` records on it.
    ///
    /// # Errors
    /// All problems of the filters and the page.
    pub fn of_call(
        resource: &'static Resource,
        parameters: &[(String, String)],
        size: u32,
        filters: Vec<OwnFilter>,
    ) -> Result<Query, Vec<Problem>> {
        let (mut request, mut problems) = (Request::default(), Vec::new());
        for (name, value) in parameters {
            let parameter = match name.as_str() {
                "page" => Parameter::Page,
                "offset" => Parameter::Offset,
                "limit" => Parameter::Limit,
                "perPage" => Parameter::PerPage,
                _ => continue,
            };
            request.add_parameter(parameter, name.clone(), value.clone(), &mut problems);
        }
        if request.sizes.is_empty() {
            let sent = SentValue { parameter: "limit".to_owned(), value: size.to_string() };
            request.sizes.push((Parameter::Limit, sent));
        }
        filters.into_iter().for_each(|filter| request.add_own(filter));
        let query = request.finish(resource, &mut problems);
        if problems.is_empty() { Ok(query) } else { Err(problems) }
    }

    /// Everything that an export writes: the records that these filters leave, each with its
    /// relations as records.
    ///
    /// # Errors
    /// All problems of the filters. What is no filter is one, so that a slip of the pen does not
    /// export more than was meant.
    pub fn for_export(resource: &'static Resource, raw: &str) -> Result<Query, Vec<Problem>> {
        let filters_alone = |pair: &Pair, parameter| match parameter {
            Parameter::Search => Ok(()),
            _ => Err(format!("`{}` is no filter: an export writes all that matches", pair.sent)),
        };
        let own = OwnFilters::default();
        let mut query = read(resource, raw, Handling::Strict, own, filters_alone)?;
        query.included.populates = include::all_relations(resource);
        Ok(query)
    }

    /// A list of the whole resource in order of its ids.
    pub fn whole(resource: &'static Resource) -> Query {
        Request::default().finish(resource, &mut Vec::new())
    }
}

/// What a parameter that is no word of lists stands for, each time that it is sent.
#[derive(Default)]
struct OwnFilters<'a> {
    name: &'a str,
    filters: std::vec::IntoIter<OwnFilter>,
}

fn read(
    resource: &'static Resource,
    raw: &str,
    handling: Handling,
    mut own: OwnFilters<'_>,
    allow: impl Fn(&Pair, Parameter) -> Result<(), String>,
) -> Result<Query, Vec<Problem>> {
    let mut problems = Vec::new();
    if raw.len() > QUERY_BYTES_MAX {
        problems.push(problem("query", format!("must be at most {QUERY_BYTES_MAX} bytes")));
        return Err(problems);
    }
    let mut request = Request::default();
    for pair in key::pairs(raw) {
        if pair.sent == own.name
            && let Some(filter) = own.filters.next()
        {
            request.add_own(filter);
            continue;
        }
        match Key::read(resource, &pair) {
            Ok(Key::Ignored(why)) => {
                let ignored = request.ignored.add(resource, &pair.sent, why);
                if let (Handling::Strict, Some(ignored)) = (handling, ignored) {
                    problems.push(ignored.problem());
                }
            }
            Ok(Key::Filter { any, operator, field, related }) => {
                let sent = SentValue { parameter: pair.sent, value: pair.value };
                request.add_filter(Filter { any, operator, field, related, sent: vec![sent] });
            }
            Ok(Key::Parameter(parameter)) => match allow(&pair, parameter) {
                Ok(()) => request.add_parameter(parameter, pair.sent, pair.value, &mut problems),
                Err(message) => problems.push(problem(&pair.sent, message)),
            },
            Ok(Key::Chosen(reverse)) => match allow(&pair, Parameter::With) {
                Ok(()) => request.include.choose(reverse, pair.sent, pair.value),
                Err(message) => problems.push(problem(&pair.sent, message)),
            },
            Err(message) => problems.push(problem(&pair.sent, message)),
        }
    }
    let query = request.finish(resource, &mut problems);
    if problems.is_empty() { Ok(query) } else { Err(problems) }
}

impl Retrieval {
    /// Reads the query string of a retrieve by id: what to populate and which columns to show.
    /// Words of a list (`sort`, `where_…`, `page`) mean nothing here and are ignored.
    ///
    /// # Errors
    /// All problems of the request.
    pub fn parse(resource: &'static Resource, raw: &str) -> Result<Retrieval, Vec<Problem>> {
        Retrieval::parse_as(resource, raw, Handling::Lenient)
    }

    /// The same; `handling` says whether what means nothing anywhere is a problem.
    ///
    /// # Errors
    /// All problems of the request.
    pub fn parse_as(
        resource: &'static Resource,
        raw: &str,
        handling: Handling,
    ) -> Result<Retrieval, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut words = IncludeWords::default();
        let mut ignored = IgnoredWords::default();
        for pair in key::pairs(raw) {
            match Key::read(resource, &pair) {
                Ok(Key::Parameter(parameter)) => words.add(parameter, &pair.sent, &pair.value),
                Ok(Key::Chosen(reverse)) => words.choose(reverse, pair.sent, pair.value),
                Err(message) if pair.is_nested() => problems.push(problem(&pair.sent, message)),
                Ok(Key::Ignored(why @ Why::Unknown)) => {
                    let ignored = ignored.add(resource, &pair.sent, why);
                    if let (Handling::Strict, Some(ignored)) = (handling, ignored) {
                        problems.push(ignored.problem());
                    }
                }
                _ => {}
            }
        }
        let included = words.finish(resource, &mut problems);
        let retrieval = Retrieval { resource, included, ignored: ignored.0 };
        if problems.is_empty() { Ok(retrieval) } else { Err(problems) }
    }
}

struct Filter {
    any: bool,
    operator: Operator,
    field: &'static Field,
    related: Option<&'static Field>,
    sent: Vec<SentValue>,
}

#[derive(Default)]
struct Request {
    filters: Vec<Filter>,
    page: Option<SentValue>,
    sizes: Vec<(Parameter, SentValue)>,
    offset: Option<SentValue>,
    sort: Vec<SentValue>,
    sort_by: Option<SentValue>,
    sort_order: Option<SentValue>,
    search: Option<SentValue>,
    count: Option<SentValue>,
    cursor: Option<SentValue>,
    skip_total: Option<SentValue>,
    include: IncludeWords,
    ignored: IgnoredWords,
}

impl Request {
    fn add_own(&mut self, filter: OwnFilter) {
        let OwnFilter { field, compared, value } = filter;
        let (operator, prefix) = match compared {
            Compared::Equal => (Operator::Equals, "where_"),
            Compared::Containing => (Operator::Contains, "like_"),
        };
        let sent = SentValue { parameter: format!("{prefix}{}", field.name), value };
        let related = None;
        self.add_filter(Filter { any: false, operator, field, related, sent: vec![sent] });
    }

    fn add_filter(&mut self, new: Filter) {
        let known = self.filters.iter_mut().find(|filter| {
            new.operator.is_membership()
                && filter.any == new.any
                && filter.operator == new.operator
                && filter.field == new.field
                && filter.related == new.related
        });
        match known {
            Some(filter) => filter.sent.extend(new.sent),
            None => self.filters.push(new),
        }
    }

    fn add_parameter(
        &mut self,
        parameter: Parameter,
        sent: String,
        value: String,
        problems: &mut Vec<Problem>,
    ) {
        let sent = SentValue { parameter: sent, value };
        let slot = match parameter {
            Parameter::Page => &mut self.page,
            Parameter::Offset => &mut self.offset,
            Parameter::SortBy => &mut self.sort_by,
            Parameter::SortOrder => &mut self.sort_order,
            Parameter::Search => &mut self.search,
            Parameter::Count => &mut self.count,
            Parameter::Cursor => &mut self.cursor,
            Parameter::SkipTotal => &mut self.skip_total,
            Parameter::Sort => return self.sort.push(sent),
            Parameter::PerPage | Parameter::Limit | Parameter::Take => {
                let known = self.sizes.iter().find(|(known, _)| *known == parameter);
                if known.is_some_and(|(_, known)| known.value != sent.value) {
                    return problems.push(given_twice(&sent.parameter));
                }
                return self.sizes.push((parameter, sent));
            }
            _ => return self.include.add(parameter, &sent.parameter, &sent.value),
        };
        if slot.as_ref().is_some_and(|known| known.value != sent.value) {
            return problems.push(given_twice(&sent.parameter));
        }
        *slot = Some(sent);
    }

    fn finish(self, resource: &'static Resource, problems: &mut Vec<Problem>) -> Query {
        let mut conditions = Vec::new();
        let mut any = Vec::new();
        for filter in &self.filters {
            if let Some(condition) = read_filter(filter, problems) {
                if filter.any { any.push(condition) } else { conditions.push(condition) }
            }
        }
        let search = self.search.as_ref().and_then(|sent| {
            let text = value::text(&sent.value);
            let searchable = resource.fields.iter().any(|field| field.folded.is_some());
            let text = text.and_then(|text| match searchable {
                true => Ok(text),
                false => Err("this list has no text to search: filter by its fields".to_owned()),
            });
            text.map_err(|message| problems.push(problem(&sent.parameter, message))).ok()
        });
        if self.filters.len() + usize::from(self.search.is_some()) > CONDITIONS_MAX {
            let message = format!("a request may have at most {CONDITIONS_MAX} conditions");
            problems.push(problem("query", message));
        }
        let sort = self.read_sort(resource, problems);
        let page = self.read_page(resource, problems);
        let count_only = read_flag(&self.count, problems);
        let skip_total = read_flag(&self.skip_total, problems);
        let cursor = self.cursor.as_ref().map(|sent| {
            if self.page.is_some() || self.offset.is_some() {
                let message = "says where the page begins: leave out page and offset";
                problems.push(problem(&sent.parameter, message));
            }
            // `*` is another word for the beginning.
            if sent.value == "*" { String::new() } else { sent.value.clone() }
        });
        let included = self.include.finish(resource, problems);
        Query {
            resource,
            conditions,
            any,
            search,
            sort,
            page,
            included,
            count_only,
            cursor,
            skip_total,
            ignored: self.ignored.0,
        }
    }

    fn read_sort(&self, resource: &'static Resource, problems: &mut Vec<Problem>) -> Vec<SortKey> {
        let mut keys: Vec<SortKey> = Vec::new();
        let mut add = |sent: &SentValue, reversed: bool, problems: &mut Vec<Problem>| {
            for word in sent.value.split([',', ' ', '\t']).filter(|word| !word.is_empty()) {
                let (name, sign) = match word.strip_prefix('-') {
                    Some(name) => (name, true),
                    None => (word, false),
                };
                match sortable(resource, name) {
                    Ok(field) if keys.iter().any(|key| key.field == field) => {}
                    Ok(field) => keys.push(SortKey { field, descending: sign != reversed }),
                    Err(message) => problems.push(problem(&sent.parameter, message)),
                }
            }
        };
        for sent in &self.sort {
            add(sent, false, problems);
        }
        let reversed = match &self.sort_order {
            None => false,
            Some(sent) => match sent.value.to_lowercase().as_str() {
                "asc" | "ascending" | "1" => false,
                "desc" | "descending" | "-1" => true,
                _ => {
                    problems.push(problem(&sent.parameter, "must be asc or desc"));
                    false
                }
            },
        };
        if let (true, Some(sent)) = (self.sort.is_empty(), &self.sort_by) {
            add(sent, reversed, problems);
        }
        if keys.is_empty()
            && let Some(field) = resource.field("createdAt").or_else(|| resource.field("_id"))
        {
            keys.push(SortKey { field, descending: true });
        }
        keys
    }

    fn read_page(&self, resource: &'static Resource, problems: &mut Vec<Problem>) -> Page {
        let mut size = None;
        let (compat, size_max) = (&resource.compat, resource.compat.page_size_max);
        let native = if resource.page_size.name == "limit" {
            [Parameter::Limit, Parameter::PerPage, Parameter::Take]
        } else {
            [Parameter::PerPage, Parameter::Limit, Parameter::Take]
        };
        for wanted in native {
            let Some((_, sent)) = self.sizes.iter().find(|(name, _)| *name == wanted) else {
                continue;
            };
            match value::whole_number(&sent.value) {
                Some(number) if (1..=u64::from(size_max)).contains(&number) => {
                    size = size.or(u32::try_from(number).ok());
                }
                _ => problems
                    .push(problem(&sent.parameter, format!("must be between 1 and {size_max}"))),
            }
        }
        let is_paged = self.page.is_some() || self.offset.is_some() || self.cursor.is_some();
        let unpaged = compat.unpaged_size.filter(|_| !is_paged);
        let size = size.or(unpaged).unwrap_or(resource.page_size.default);
        let mut read = |sent: &Option<SentValue>, unit: u64, what: &str| -> Option<u64> {
            let sent = sent.as_ref()?;
            match value::whole_number(&sent.value) {
                Some(number) if number <= SKIP_MAX / unit => Some(number),
                _ => {
                    let message = format!("must be {what} from 0 to {}", SKIP_MAX / unit);
                    problems.push(problem(&sent.parameter, message));
                    None
                }
            }
        };
        let offset = read(&self.offset, 1, "a whole number of records");
        let page = read(&self.page, u64::from(size_max), "a whole number");
        let skip = match (page, offset) {
            (Some(page), _) => page.saturating_sub(1) * u64::from(size),
            (None, offset) => offset.unwrap_or(0),
        };
        Page { size, skip }
    }
}

fn read_flag(sent: &Option<SentValue>, problems: &mut Vec<Problem>) -> bool {
    sent.as_ref().is_some_and(|sent| {
        value::boolean(&sent.value).unwrap_or_else(|message| {
            problems.push(problem(&sent.parameter, message));
            false
        })
    })
}

fn given_twice(parameter: &str) -> Problem {
    problem(parameter, "is given more than once, with different values")
}

fn sortable(resource: &'static Resource, name: &str) -> Result<&'static Field, String> {
    let known = || resource.fields.iter().filter(|field| field.sorts());
    match resource.named(name).filter(|field| field.sorts()) {
        Some(field) => Ok(field),
        None => Err(key::unknown("sort key", name, known().map(|field| field.name))),
    }
}

fn read_filter(filter: &Filter, problems: &mut Vec<Problem>) -> Option<Condition> {
    let field = filter.field;
    let mut failed = |sent: &SentValue, message: String| {
        problems.push(problem(&sent.parameter, message));
        None
    };
    let first = filter.sent.first()?;
    let fits = match filter.related {
        Some(related) => filter.operator.fits_related(field, related),
        None => filter.operator.fits(field),
    };
    if let Err(message) = fits {
        return failed(first, message);
    }
    let words = filter.operator.words(filter.related.unwrap_or(field), &filter.sent);
    if words.len() > MEMBERS_MAX {
        return failed(first, format!("may have at most {MEMBERS_MAX} values"));
    }
    if let Some(related) = filter.related {
        return read_related(field, related, &words, problems);
    }
    let test = match filter.operator {
        Operator::Absent => Test::Absent,
        Operator::Present => Test::Present,
        Operator::Exists if first.value.is_empty() => Test::Present,
        Operator::Exists => match value::boolean(&first.value) {
            Ok(true) => Test::Present,
            Ok(false) => Test::Absent,
            Err(message) => return failed(first, message),
        },
        Operator::Contains | Operator::ContainsNot => match value::text(&first.value) {
            Ok(text) if filter.operator == Operator::Contains => {
                Test::Contains(field.settled(&text, Typed::Part))
            }
            Ok(text) => Test::ContainsNot(field.settled(&text, Typed::Part)),
            Err(message) => return failed(first, message),
        },
        operator => {
            let mut values = Vec::with_capacity(words.len());
            for (sent, word) in &words {
                let read = match (operator, &field.kind) {
                    (Operator::EqualsFolded, Kind::Word(kind)) => {
                        value::folded_word(kind, word).map(|word| vec![word])
                    }
                    (Operator::EqualsFolded, _) => value::folded(field, word),
                    _ if operator.is_membership() => value::spellings(field, word),
                    _ => value::read(field, word).map(|value| vec![value]),
                };
                match read {
                    Ok(read) => {
                        for value in read {
                            if !values.contains(&value) {
                                values.push(value);
                            }
                        }
                    }
                    Err(message) => problems.push(problem(&sent.parameter, message)),
                }
            }
            if values.is_empty() {
                return None;
            }
            operator.test(field, values)?
        }
    };
    Some(Condition { field, test })
}

/// Values that a folded field of a related record is compared with.
fn read_related(
    field: &'static Field,
    related: &'static Field,
    words: &[(&SentValue, &str)],
    problems: &mut Vec<Problem>,
) -> Option<Condition> {
    let mut texts: Vec<String> = Vec::with_capacity(words.len());
    for (sent, word) in words {
        match value::text(word) {
            Ok(text) => texts.push(related.settled(&text, Typed::Whole)),
            Err(message) => problems.push(problem(&sent.parameter, message)),
        }
    }
    texts.sort();
    texts.dedup();
    let is_right = texts.iter().any(|text| !text.is_empty());
    if !is_right && let Some((sent, _)) = words.first().filter(|_| problems.is_empty()) {
        problems.push(problem(&sent.parameter, "must not be empty"));
    }
    is_right.then_some(Condition { field, test: Test::RelatedIn(related, texts) })
}
