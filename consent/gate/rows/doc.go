// Package rows takes the rows of flagged people out of a list that is to be mailed: CSV or NDJSON of any length, in
// memory that does not grow with it.
//
// [Filter] reads rows, hands the cell of one column to a [Judge] in batches, and writes the rows that the judge allows,
// byte for byte as they came: order, quoting, separator, line ends, byte order mark and encoding (UTF-8, UTF-16, CP949)
// stay. It knows nothing of flags, of Redis or of HTTP; the server and the command line give it their judges.
//
// Rows whose meaning is in doubt are not written: cells that are no identity, rows with more or fewer fields than the
// header, quotes that two readers could understand in two ways, members of a JSON object that stand twice. They are
// counted as unreadable, and written to [Options.Rejected] where there is one. A cell with an apostrophe in front, by which
// spreadsheets mark text, is judged with it and without it, and stays only if both may. No error holds anything of a row but its number.
package rows
