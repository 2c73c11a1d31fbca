//! What an operator does with a portal beside serving it: copies, restoring them, looking at everything that goes wrong.
//!
//! | module | what it holds |
//! | --- | --- |
//! | `kind` | which database there is, and who copies it |
//! | `manifest` | what a backup says of itself |
//! | `backup`, `pack` | a copy while the portal runs: a folder, or one file |
//! | `tools` | PostgreSQL's own programs, for copies of a server's database |
//! | `restore` | a copy in the place of what there is, which is kept aside |
//! | `check` | whether the data is what it should be |
//! | `moving` | the data in another database |
//! | `doctor` | what operators get wrong, each with what to do next |

pub mod backup;
pub mod check;
pub mod doctor;
mod files;
mod manifest;
pub mod moving;
mod pack;
pub mod restore;
mod tools;

pub use manifest::{Manifest, Packed};
