/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "media_type.h"

#include <string.h>

#include "base/text.h"

/* The first row of a type has its usual extension. */
static const struct row {
	const char *extension;
	const char *type;
} rows[] = {
	{ "txt", "text/plain" },
	{ "bin", "application/octet-stream" },
	{ "dat", "application/octet-stream" },
	{ "csv", "text/csv" },
	{ "tsv", "text/tab-separated-values" },
	{ "html", "text/html" },
	{ "htm", "text/html" },
	{ "md", "text/markdown" },
	{ "css", "text/css" },
	{ "ics", "text/calendar" },
	{ "vcf", "text/vcard" },
	{ "list", "text/plain" },
	{ "hosts", "text/plain" },
	{ "conf", "text/plain" },
	{ "log", "text/plain" },
	{ "js", "text/javascript" },
	{ "json", "application/json" },
	{ "jsonl", "application/jsonl" },
	{ "ndjson", "application/x-ndjson" },
	{ "geojson", "application/geo+json" },
	{ "xml", "application/xml" },
	{ "xml", "text/xml" },
	{ "rss", "application/rss+xml" },
	{ "atom", "application/atom+xml" },
	{ "yaml", "application/yaml" },
	{ "yml", "application/yaml" },
	{ "toml", "application/toml" },
	{ "pdf", "application/pdf" },
	{ "rtf", "application/rtf" },
	{ "epub", "application/epub+zip" },
	{ "zip", "application/zip" },
	{ "tar", "application/x-tar" },
	{ "gz", "application/gzip" },
	{ "tgz", "application/gzip" },
	{ "xz", "application/x-xz" },
	{ "zst", "application/zstd" },
	{ "bz2", "application/x-bzip2" },
	{ "wasm", "application/wasm" },
	{ "sqlite", "application/vnd.sqlite3" },
	{ "db", "application/vnd.sqlite3" },
	{ "parquet", "application/vnd.apache.parquet" },
	{ "arrow", "application/vnd.apache.arrow.file" },
	{ "mmdb", "application/vnd.maxmind.maxmind-db" },
	{ "pem", "application/x-pem-file" },
	{ "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" },
	{ "docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document" },
	{ "ods", "application/vnd.oasis.opendocument.spreadsheet" },
	{ "odt", "application/vnd.oasis.opendocument.text" },
	{ "png", "image/png" },
	{ "jpg", "image/jpeg" },
	{ "jpeg", "image/jpeg" },
	{ "gif", "image/gif" },
	{ "svg", "image/svg+xml" },
	{ "webp", "image/webp" },
	{ "mp3", "audio/mpeg" },
	{ "ogg", "audio/ogg" },
	{ "mp4", "video/mp4" },
	{ "webm", "video/webm" },
};
#define ROW_COUNT (sizeof(rows) / sizeof(rows[0]))

const char *
media_type_of_extension(const char *extension)
{
	size_t i;

	for (i = 0; i < ROW_COUNT; i++) {
		if (dsync_text_equal_case(rows[i].extension, strlen(rows[i].extension), extension, strlen(extension)))
			return rows[i].type;
	}
	return NULL;
}

const char *
media_type_extension(const char *type, size_t size)
{
	const char *end = memchr(type, ';', size);
	size_t i;

	if (end != NULL)
		size = (size_t)(end - type);
	while (size > 0 && type[size - 1] == ' ')
		size--;
	for (i = 0; i < ROW_COUNT; i++) {
		if (dsync_text_equal_case(rows[i].type, strlen(rows[i].type), type, size))
			return rows[i].extension;
	}
	return NULL;
}
