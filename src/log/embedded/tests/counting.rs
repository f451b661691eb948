//! What the log says that it has written.

use super::*;

#[tokio::test]
async fn every_byte_that_a_file_takes_is_counted() {
    let disk = SimulatedStorage::new(0);
    disk.write_short(true);
    let log = open(&disk).unwrap();
    let mut expected = SEGMENT_HEADER_BYTES;
    assert_eq!(log.report().bytes_written, expected);

    append(&log, &[frame(1, vec![1; 100])]).await.unwrap();
    let zeros = stride(100) + FOOTER_BYTES + options().zeroed_ahead_bytes;
    expected += zeros + stride(100);
    assert_eq!(
        log.report().bytes_written,
        expected,
        "zeros for it, the footer and what comes next, then itself"
    );

    append(&log, &[frame(2, vec![2; 33])]).await.unwrap();
    expected += stride(33);
    assert_eq!(log.report().bytes_written, expected, "there are zeros already");

    log.close().await.unwrap();
    assert_eq!(log.report().bytes_written, expected + FOOTER_BYTES);
    drop(log);
    let next = open(&disk).unwrap();
    assert_eq!(next.report().bytes_written, FOOTER_BYTES, "what may not be durable is written again");
}
