//! Dates and instants: when something was so in the world, and when it was recorded.

use jiff::Timestamp;
use jiff::civil::Time;
use jiff::fmt::temporal::Pieces;
use jiff::tz::TimeZone;

use super::reader::{At, Read, Reader, is_blank};
use crate::domain::Reason;
use crate::domain::fact::Dating;
use crate::domain::time::{BadDate, Moment, Until, Valid};
use crate::proto::v1;

const NEEDED: &str = "this fact needs a date: 2011, 2011-09 or 2011-09-15";
const ONE_TOO_MANY: &str = "this fact has no date of its own: leave it empty";
const NO_END: &str = "this fact is of one date: leave the end empty, and record the end as a fact of its own";
const NO_INSTANT: &str = "only a meeting has an instant; write 2011, 2011-09 or 2011-09-15";
const INVERTED: &str = "it ends before it begins, whatever the days that the dates mean";

/// When it was so in the world.
pub fn encode_valid(valid: &Valid) -> v1::Valid {
    let text = |said: Option<String>| said.unwrap_or_default();
    v1::Valid {
        from: text(valid.from.as_ref().map(Moment::to_string)),
        to: text(valid.to.as_ref().map(Until::to_string)),
    }
}

/// An instant of the server's clock.
pub fn encode_timestamp(at: Timestamp) -> prost_types::Timestamp {
    let (mut seconds, mut nanos) = (at.as_second(), at.subsec_nanosecond());
    if nanos < 0 {
        (seconds, nanos) = (seconds - 1, nanos + 1_000_000_000);
    }
    prost_types::Timestamp { seconds, nanos }
}

/// An instant; none if it is beyond the years 0001 to 9999 or malformed.
pub fn decode_timestamp(at: prost_types::Timestamp) -> Option<Timestamp> {
    let in_range = (0..1_000_000_000).contains(&at.nanos);
    Timestamp::new(at.seconds, at.nanos).ok().filter(|_| in_range)
}

/// Reads when it was so, for a fact that has such dates; without a fact, dates are read as they stand.
pub(super) fn read_valid(
    reader: &mut Reader<'_>,
    at: At<'_>,
    valid: Option<v1::Valid>,
    dating: Option<Dating>,
) -> Read<Valid> {
    let v1::Valid { from, to } = valid.unwrap_or_default();
    let begin = read_from(reader, at.field("from"), &from, dating);
    let end = read_to(reader, at.field("to"), &to, dating);
    let valid = Valid { from: begin?, to: end? };
    reader.check(!is_inverted(&valid), at.field("to"), Reason::ValidIntervalInverted, INVERTED)?;
    Ok(valid)
}

fn read_from(
    reader: &mut Reader<'_>,
    at: At<'_>,
    text: &str,
    dating: Option<Dating>,
) -> Read<Option<Moment>> {
    let given = !is_blank(text);
    match dating {
        Some(Dating::Dateless) => reader.check(!given, at, Reason::BadDate, ONE_TOO_MANY)?,
        Some(Dating::Day | Dating::Spell | Dating::Meeting) => {
            reader.check(given, at, Reason::BadDate, NEEDED)?;
        }
        None => {}
    }
    if given { read_moment(reader, at, text, dating).map(Some) } else { Ok(None) }
}

fn read_to(reader: &mut Reader<'_>, at: At<'_>, text: &str, dating: Option<Dating>) -> Read<Option<Until>> {
    let given = !is_blank(text);
    match dating {
        Some(Dating::Dateless) => reader.check(!given, at, Reason::BadDate, ONE_TOO_MANY)?,
        Some(Dating::Day) => reader.check(!given, at, Reason::BadDate, NO_END)?,
        Some(Dating::Spell | Dating::Meeting) | None => {}
    }
    if !given {
        Ok(None)
    } else if text == "unknown" {
        Ok(Some(Until::Unknown))
    } else {
        read_moment(reader, at, text, dating).map(|moment| Some(Until::Last(moment)))
    }
}

fn read_moment(reader: &mut Reader<'_>, at: At<'_>, text: &str, dating: Option<Dating>) -> Read<Moment> {
    let moment = if reader.is_stored() { stored_moment(text) } else { text.parse() };
    let may_be_instant = match dating {
        Some(Dating::Meeting) | None => true,
        Some(Dating::Dateless | Dating::Day | Dating::Spell) => false,
    };
    match moment {
        Ok(moment) => {
            let fits = may_be_instant || moment.instant().is_none();
            reader.check(fits, at, Reason::BadDate, NO_INSTANT)?;
            Ok(moment)
        }
        Err(bad) if may_be_instant => reader.refuse(at, Reason::BadDate, format!("{bad}, {ALSO_INSTANT}")),
        Err(bad) => reader.refuse(at, Reason::BadDate, bad.to_string()),
    }
}

const ALSO_INSTANT: &str = "of a meeting also 2011-09-15T09:00+02:00[Europe/Brussels]";

/// It ends before it begins: to the instant where both are instants, else by what their days may be.
fn is_inverted(valid: &Valid) -> bool {
    let (Some(from), Some(Until::Last(to))) = (&valid.from, &valid.to) else { return false };
    match (from.instant(), to.instant()) {
        (Some(from), Some(to)) => to < from,
        (None, None | Some(_)) | (Some(_), None) => from.when().by(to.when()).is_no(),
    }
}

/// An instant was right when it was stored. Should its zone have other rules today, or none, then the offset that was
/// written with it keeps both the instant and the local day.
fn stored_moment(text: &str) -> Result<Moment, BadDate> {
    text.parse().or_else(|bad| moment_by_offset(text).ok_or(bad))
}

fn moment_by_offset(text: &str) -> Option<Moment> {
    let pieces = Pieces::parse(text).ok()?;
    let offset = pieces.to_numeric_offset()?;
    let local = pieces.date().to_datetime(pieces.time().unwrap_or(Time::midnight()));
    let zoned = local.to_zoned_datetime(TimeZone::fixed(offset)).ok()?;
    Some(Moment::Instant(Box::new(zoned)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Limits;

    fn read(from: &str, to: &str, dating: Dating) -> Vec<(String, Reason)> {
        let limits = Limits::default();
        let mut reader = Reader::of_commands(&limits);
        let valid = v1::Valid { from: from.into(), to: to.into() };
        let _: Read<Valid> = read_valid(&mut reader, At::ROOT.field("valid"), Some(valid), Some(dating));
        reader.into_violations().into_iter().map(|v| (v.field, v.reason)).collect()
    }

    const NINE: &str = "2011-09-15T09:00+02:00[Europe/Brussels]";

    #[test]
    fn each_fact_has_the_dates_that_it_has() {
        let bad_from = vec![("valid.from".into(), Reason::BadDate)];
        let bad_to = vec![("valid.to".into(), Reason::BadDate)];
        for dating in [Dating::Day, Dating::Spell, Dating::Meeting] {
            assert_eq!(read("", "", dating), bad_from);
            assert_eq!(read("2011-9", "", dating), bad_from);
            assert_eq!(read("2011-09", "", dating), []);
        }
        assert_eq!(read("2011", "2012", Dating::Dateless), [bad_from.clone(), bad_to.clone()].concat());
        assert_eq!(read("2011", "unknown", Dating::Day), bad_to);
        assert_eq!(read("2011", "unknown", Dating::Spell), []);
        assert_eq!(read(NINE, "", Dating::Spell), bad_from);
        assert_eq!(read(NINE, "2011-09-16", Dating::Meeting), []);
        assert_eq!(read("2011-09-15T09:00+02:00", "", Dating::Meeting), bad_from);
    }

    #[test]
    fn it_is_inverted_only_if_it_is_so_on_all_days() {
        let inverted = [("valid.to".into(), Reason::ValidIntervalInverted)];
        assert_eq!(read("2012-06", "2012-05", Dating::Spell), inverted);
        assert_eq!(read("2012-06", "2012", Dating::Spell), []);
        assert_eq!(read("2011-09-16", NINE, Dating::Meeting), inverted);
        let eight = "2011-09-15T08:00+02:00[Europe/Brussels]";
        assert_eq!(read(NINE, eight, Dating::Meeting), inverted);
        assert_eq!(read(NINE, NINE, Dating::Meeting), []);
    }

    #[test]
    fn a_stored_instant_outlives_the_rules_of_its_zone() {
        for text in ["2011-09-15T23:30+09:00[Europe/Brussels]", "2011-09-15T23:30+09:00[Europe/Atlantis]"] {
            assert!(text.parse::<Moment>().is_err(), "{text}");
            let moment = stored_moment(text).unwrap();
            assert_eq!(moment.instant().unwrap().to_string(), "2011-09-15T14:30:00Z");
            assert_eq!(moment.when(), Moment::Date("2011-09-15".parse().unwrap()).when());
            assert_eq!(stored_moment(&moment.to_string()).unwrap(), moment);
        }
    }

    #[test]
    fn timestamps_before_1970_keep_their_nanoseconds() {
        let at: Timestamp = "1969-12-31T23:59:59.25Z".parse().unwrap();
        assert_eq!(encode_timestamp(at), prost_types::Timestamp { seconds: -1, nanos: 250_000_000 });
        assert_eq!(decode_timestamp(encode_timestamp(at)), Some(at));
        assert_eq!(decode_timestamp(prost_types::Timestamp { seconds: 0, nanos: -1 }), None);
    }
}
