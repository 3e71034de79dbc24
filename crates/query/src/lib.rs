//! List requests as checked values, and their SQL. Pure.
