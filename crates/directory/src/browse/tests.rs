//! Tests of the list: paging and filters as data.
