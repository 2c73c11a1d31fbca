//! Many files in one: what people bring (files and zips of them), and what they take home (zips, tables, calendars).

pub mod calendar;
pub mod csv;
pub mod qr;
pub mod read;
pub mod unread;
pub mod write;
