//! Releases over real HTTP: published as a vendor does, downloaded as customers and their attackers do, from a folder and
//! from a real S3 server.
#![allow(missing_docs, clippy::unwrap_used)] // a test program: a failed unwrap is a failed test

mod access;
mod bucket;
mod bucket_server;
mod desk;
mod download;
mod guide;
mod memory;
mod pages;
mod paths;
mod pieces;
mod private;
mod shop;
mod upload;

#[path = "../played/mod.rs"]
mod played;
#[path = "../world/mod.rs"]
mod world;
