//! The types of single components: lists of codes, and formats as facets.

use super::Schema;
use crate::structure::{CodedBy, ComponentUse, DataType, Format};

/// The name of the type of a component's values. A point keeps it apart from the types of elements.
pub(super) fn type_name(component: &ComponentUse) -> String {
    format!("{}.Values", component.id)
}

/// Facets that a type of XML Schema has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Facets {
    /// Lengths and patterns.
    Text,
    /// Least and greatest value.
    Whole,
    /// The same, and decimals.
    Fraction,
    /// Least and greatest value, but no decimals.
    Floating,
    /// None that a format of SDMX speaks of.
    Other,
}

impl Schema<'_> {
    pub(super) fn value_type(&mut self, component: &ComponentUse) {
        self.xml.line();
        self.xml.open("xs:simpleType").attribute("name", type_name(component));
        match &component.coded_by {
            CodedBy::Codelist(list) => {
                self.xml.open("xs:restriction").attribute("base", "xs:string");
                for code in list.codes().iter().filter(|code| component.admits(&code.id)) {
                    self.facet("enumeration", &code.id);
                }
            }
            CodedBy::Format(format) => self.format(format),
        }
        self.xml.close();
        self.xml.close();
    }

    fn format(&mut self, format: &Format) {
        let (base, facets) = base(format.data_type.unwrap_or(DataType::String));
        self.xml.open("xs:restriction").attribute("base", base);
        if facets == Facets::Text {
            if let Some(length) = format.min_length {
                self.facet("minLength", &length.to_string());
            }
            if let Some(length) = format.max_length {
                self.facet("maxLength", &length.to_string());
            }
            if let Some(pattern) = &format.pattern {
                self.facet("pattern", pattern);
            }
        }
        if matches!(facets, Facets::Whole | Facets::Fraction | Facets::Floating) {
            // A bound with decimals is none of whole numbers.
            let fits = |bound: &String| facets != Facets::Whole || !bound.contains('.');
            let bound = |bound: Option<crate::Decimal>| bound.map(|bound| bound.to_string()).filter(fits);
            if let Some(value) = bound(format.min_value) {
                self.facet("minInclusive", &value);
            }
            if let Some(value) = bound(format.max_value) {
                self.facet("maxInclusive", &value);
            }
        }
        if let (Facets::Fraction, Some(decimals)) = (facets, format.decimals) {
            self.facet("fractionDigits", &decimals.to_string());
        }
    }

    fn facet(&mut self, name: &str, value: &str) {
        self.xml.open(format!("xs:{name}")).attribute("value", value).close();
    }
}

/// The type of XML Schema, or of the standard's, for a type of SDMX (DataType in SDMXCommon.xsd).
fn base(data_type: DataType) -> (&'static str, Facets) {
    match data_type {
        DataType::String | DataType::Xhtml | DataType::GeospatialInformation => ("xs:string", Facets::Text),
        DataType::Alpha => ("common:AlphaType", Facets::Text),
        DataType::AlphaNumeric => ("common:AlphaNumericType", Facets::Text),
        DataType::Numeric => ("common:NumericType", Facets::Text),
        DataType::Uri => ("xs:anyURI", Facets::Text),
        DataType::BigInteger | DataType::Count => ("xs:integer", Facets::Whole),
        DataType::Integer => ("xs:int", Facets::Whole),
        DataType::Long => ("xs:long", Facets::Whole),
        DataType::Short => ("xs:short", Facets::Whole),
        DataType::Decimal
        | DataType::InclusiveValueRange
        | DataType::ExclusiveValueRange
        | DataType::Incremental => ("xs:decimal", Facets::Fraction),
        DataType::Float => ("xs:float", Facets::Floating),
        DataType::Double => ("xs:double", Facets::Floating),
        DataType::Boolean => ("xs:boolean", Facets::Other),
        DataType::ObservationalTimePeriod => ("common:ObservationalTimePeriodType", Facets::Other),
        DataType::StandardTimePeriod => ("common:StandardTimePeriodType", Facets::Other),
        DataType::BasicTimePeriod => ("common:BasicTimePeriodType", Facets::Other),
        DataType::GregorianTimePeriod => ("common:GregorianTimePeriodType", Facets::Other),
        DataType::GregorianYear => ("xs:gYear", Facets::Other),
        DataType::GregorianYearMonth => ("xs:gYearMonth", Facets::Other),
        DataType::GregorianDay => ("xs:date", Facets::Other),
        DataType::ReportingTimePeriod => ("common:ReportingTimePeriodType", Facets::Other),
        DataType::ReportingYear => ("common:ReportingYearType", Facets::Other),
        DataType::ReportingSemester => ("common:ReportingSemesterType", Facets::Other),
        DataType::ReportingTrimester => ("common:ReportingTrimesterType", Facets::Other),
        DataType::ReportingQuarter => ("common:ReportingQuarterType", Facets::Other),
        DataType::ReportingMonth => ("common:ReportingMonthType", Facets::Other),
        DataType::ReportingWeek => ("common:ReportingWeekType", Facets::Other),
        DataType::ReportingDay => ("common:ReportingDayType", Facets::Other),
        DataType::DateTime => ("xs:dateTime", Facets::Other),
        DataType::TimeRange => ("common:TimeRangeType", Facets::Other),
        DataType::Month => ("xs:gMonth", Facets::Other),
        DataType::MonthDay => ("xs:gMonthDay", Facets::Other),
        DataType::Day => ("xs:gDay", Facets::Other),
        DataType::Time => ("xs:time", Facets::Other),
        DataType::Duration => ("xs:duration", Facets::Other),
    }
}
