//! What seeds have found, each with the steps that it takes.
