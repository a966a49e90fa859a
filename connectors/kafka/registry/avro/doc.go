// Package avro turns Avro's binary form into JSON and back without building values in between. A [Schema] is compiled
// once; its AppendJSON and AppendBinary walk the bytes. The mapping loses nothing:
//
//   - A record is an object with the fields in the schema's order, a map an object, an array an array.
//   - int and long are numbers with all their digits. float and double are the shortest number that reads back the
//     same, always with a fraction or an exponent; NaN and the infinities are the strings "NaN", "Infinity" and
//     "-Infinity".
//   - bytes and fixed are strings in standard base64 with padding. An enum is its symbol.
//   - A date is "2006-01-02", a time of day "15:04:05.000", a timestamp "2006-01-02T15:04:05.000Z" and a local timestamp
//     the same without Z, with three, six or nine digits as the schema's unit has; values outside of the years 0 to 9999
//     or of a day stay numbers. A decimal is a number with all its digits and its scale. A uuid is its text. A duration
//     is base64, as the fixed that it is.
//   - A union is the plain value of its branch. Where two branches look the same in JSON (string and bytes, float and
//     double, two records with the same field names), the value of the later one, and of all records and maps of that
//     union, is an object {"type": value} as in Avro's own JSON form. An integer of a union of int and long goes back
//     into the first that holds it.
//
// Bytes that don't fit give an error with the code record.schema; neither panics, memory nor depth depend on lengths
// that the bytes claim.
//
// It may import pipeline/fault and codecs.
package avro
