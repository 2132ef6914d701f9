//! Tests come with the template.
