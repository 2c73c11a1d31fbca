//! What crosses package borders: vectors, end-to-end, abuse.
