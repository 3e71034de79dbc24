//! Statement text that no user's value can enter.

use std::borrow::Cow;

/// A statement: text from the source code, values beside it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sql {
    text: String,
    /// Words that PostgreSQL alone reads, and where in the text they are.
    postgres_words: Option<(usize, &'static str)>,
    args: Vec<Arg>,
}

/// A value for a placeholder.
#[derive(Clone, Debug, PartialEq)]
pub enum Arg {
    Null,
    Text(String),
    Bool(bool),
    Integer(i64),
    Number(f64),
    TextList(Vec<String>),
    IntegerList(Vec<i64>),
    NumberList(Vec<f64>),
    BoolList(Vec<bool>),
}

/// Where the two databases need different words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    Sqlite,
    Postgres,
}

impl Sql {
    /// Appends text that stands in the source code. What a user sent can only be [bound](Sql::bind).
    pub fn push(&mut self, text: &'static str) -> &mut Sql {
        self.text.push_str(text);
        self
    }

    /// Appends text for PostgreSQL alone, where the database is not known yet; once in a statement.
    pub fn push_on_postgres(&mut self, text: &'static str) -> &mut Sql {
        debug_assert!(self.postgres_words.is_none(), "a second time");
        self.postgres_words = Some((self.text.len(), text));
        self
    }

    /// Appends the next placeholder (`$1`, `$2` …) for `arg`.
    pub fn bind(&mut self, arg: Arg) -> &mut Sql {
        self.args.push(arg);
        self.placeholder(self.args.len())
    }

    /// Appends the placeholder of an argument that was bound before, counted from 1.
    pub fn again(&mut self, number: usize) -> &mut Sql {
        self.placeholder(number)
    }

    /// Appends a test of the expression before it: that it is one of `list`. One placeholder
    /// whatever the number of values, so that the statement stays prepared.
    pub fn member_of(&mut self, dialect: Dialect, list: Arg) -> &mut Sql {
        match dialect {
            Dialect::Postgres => self.push(" = ANY(").bind(list).push(")"),
            Dialect::Sqlite => {
                let list = Arg::Text(list.into_json());
                self.push(" IN (SELECT value FROM json_each(").bind(list).push("))")
            }
        }
    }

    pub fn text(&self, dialect: Dialect) -> Cow<'_, str> {
        match (dialect, self.postgres_words) {
            (Dialect::Postgres, Some((position, words))) => {
                let (before, after) = self.text.split_at(position);
                Cow::Owned([before, words, after].concat())
            }
            _ => Cow::Borrowed(&self.text),
        }
    }

    pub fn args(&self) -> &[Arg] {
        &self.args
    }

    fn placeholder(&mut self, number: usize) -> &mut Sql {
        self.text.push('$');
        self.text.push_str(&number.to_string());
        self
    }
}

impl Arg {
    fn into_json(self) -> String {
        let value = match self {
            Arg::TextList(list) => serde_json::Value::from(list),
            Arg::IntegerList(list) => serde_json::Value::from(list),
            Arg::NumberList(list) => serde_json::Value::from(list),
            // SQLite has no booleans: its columns hold 0 and 1.
            Arg::BoolList(list) => list.into_iter().map(i64::from).collect(),
            _ => serde_json::Value::Array(Vec::new()),
        };
        value.to_string()
    }
}
