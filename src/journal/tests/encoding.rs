use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Deserializer, Serializer, V2Serializer};
use proptest::prelude::*;

use super::*;
use crate::metrics::{Measure, Recorder, Scale};

/// The 40 bytes that stand before a histogram's counts in V2: cookie, length, normalizing index, digits, lowest,
/// highest, ratio, each in network order.
fn v2_header(length: usize, lowest: u64, highest: u64) -> Vec<u8> {
    let numbers = [0x1c84_9313_u32, length as u32, 0, 3].into_iter().flat_map(u32::to_be_bytes);
    let bounds = [lowest, highest, 1.0_f64.to_bits()].into_iter().flat_map(u64::to_be_bytes);
    numbers.chain(bounds).collect()
}

const BOUNDS: [(Scale, u64, u64); 2] = [(Scale::Time, 1_000, 3_600_000_000_000), (Scale::Number, 1, 1 << 62)];

proptest! {
    #[test]
    fn the_counts_are_hdr_histograms_v2_byte_for_byte(
        samples in prop::collection::vec((0_u32..62, any::<u64>(), 1_usize..300), 1..80),
    ) {
        // of zeros alone the library knows another largest value once it has read them back
        prop_assume!(samples.iter().any(|(bits, value, _)| value % (1_u64 << bits) > 0));
        for (scale, lowest, highest) in BOUNDS {
            let mut recorder = Recorder::new(scale);
            let mut theirs = Histogram::<u64>::new_with_bounds(lowest, highest, 3).unwrap();
            for (bits, value, times) in &samples {
                let whole = (value % (1_u64 << bits)).min(highest);
                // what a double holds exactly, so that both count the same
                let whole = if whole < 1 << 50 { whole } else { whole >> 10 << 10 };
                let sample = if scale == Scale::Number { whole as f64 / 1_048_576.0 } else { whole as f64 };
                (0..*times).for_each(|_| recorder.record(sample));
                theirs.record_n(whole, *times as u64).unwrap();
            }
            let ours = recorder.take();
            let mut counts = Vec::new();
            histogram::write(ours.buckets(), &mut counts);
            let mut bytes = v2_header(counts.len(), lowest, highest);
            bytes.extend(&counts);

            let mut expected = Vec::new();
            V2Serializer::new().serialize(&theirs, &mut expected).unwrap();
            prop_assert_eq!(&bytes, &expected);

            let read: Histogram<u64> = Deserializer::new().deserialize(&mut Cursor::new(&bytes)).unwrap();
            prop_assert_eq!(read, theirs);
            let back = histogram::read(&counts, &mut numbers::Scan::new(&[], &[])).unwrap();
            prop_assert_eq!(back.as_slice(), ours.buckets());
        }
    }

    #[test]
    fn every_double_comes_back_to_the_bit(bits: u64, whole: u32) {
        for figure in [f64::from_bits(bits), f64::from(whole), -f64::from(whole), f64::from(whole) / 3.0, bits as f64] {
            let mut pen = numbers::Pen::default();
            pen.figure(figure);
            pen.number(bits);
            pen.text("ß");
            let mut scan = numbers::Scan::new(&pen.bytes, &[]);
            prop_assert_eq!(scan.figure().unwrap().to_bits(), figure.to_bits());
            prop_assert_eq!(scan.number().unwrap(), bits);
            prop_assert_eq!(scan.text().unwrap(), "ß");
            prop_assert!(scan.is_over());
        }
    }
}

#[test]
fn a_number_of_more_than_64_bits_is_refused() {
    let read = |bytes: &[u8]| numbers::Scan::new(bytes, &[]).number();
    let mut most = vec![0xff; 9];
    most.push(0x01);
    assert_eq!(read(&most), Ok(u64::MAX));
    most[9] = 0x02;
    assert!(read(&most).is_err());
    assert!(read(&[0x80; 11]).is_err());
    assert!(read(&[0x80]).is_err());
}

#[test]
fn counts_that_lead_out_of_the_layout_or_break_off_are_refused() {
    let read = |bytes: &[u8]| histogram::read(bytes, &mut numbers::Scan::new(&[], &[]));
    assert!(read(&[0xff; 9]).is_err(), "the longest run there is");
    assert!(read(&[0xff, 0xff, 0xff, 0xff, 0x1f, 0xff, 0xff, 0xff, 0xff, 0x1f, 2]).is_err(), "two long runs");
    assert!(read(&[0x80]).is_err());
    assert_eq!(read(&[0, 2, 3, 4]).unwrap(), [(1, 1), (4, 2)]);
}

#[test]
fn the_numbers_of_measures_and_failures_are_those_of_the_document() {
    let measures = [
        Measure::ResponseOk,
        Measure::ResponseFailed,
        Measure::ServiceOk,
        Measure::ServiceFailed,
        Measure::FirstByte,
        Measure::Receive,
        Measure::Dns,
        Measure::Connect,
        Measure::Tls,
    ];
    assert!(measures.iter().enumerate().all(|(number, measure)| *measure as usize == number));
    let kinds = ["check", "timeout", "dns", "connect", "tls", "reset", "protocol", "body", "template"];
    let found: Vec<(usize, &str)> = FailureKind::ALL.iter().map(|kind| (*kind as usize, kind.name())).collect();
    assert_eq!(found, kinds.into_iter().enumerate().collect::<Vec<_>>());
}
