//! The run loop in virtual time: whole runs, from setup to teardown, with what they emit and what they report. Each is
//! also written to a journal, whose report has to be the same.

mod calibration;
mod conducted;
mod figures;
mod health;
mod levels;
mod memory;
mod steering;
mod stops;
mod truth_table;
mod verdicts;

use conducted::{Conducted, conduct_steered, conduct_virtually};
