//! The command line from outside: what it prints, writes and refuses, and how it exits.

#![allow(clippy::unwrap_used, clippy::panic)]

mod analyze;
mod check;
mod compare;
mod docs;
mod ends;
mod examples;
mod exporters;
mod files;
mod hostile_files;
mod merge;
mod network;
mod new;
mod old_journals;
mod packages;
mod plans;
mod resolver;
mod run;
mod runs;
mod secrets;
mod selftest;
mod shells;
mod show;
mod suite;
#[path = "../support/mod.rs"]
mod support;
mod taint;
mod try_out;
mod web;
