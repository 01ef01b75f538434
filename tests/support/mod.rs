//! What the integration tests share: the repository and its schemas, goldens, folders of their own, the command line,
//! the embedded target, plans and their runs, reports.

// each binary of tests uses a part of it
#![allow(dead_code)]

pub mod command_line;
pub mod conducted;
pub mod folder;
pub mod goldens;
pub mod plan_folder;
pub mod report;
pub mod repository;
pub mod repository_run;
pub mod target;
