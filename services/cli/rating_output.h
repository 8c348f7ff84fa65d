#ifndef RAPPORT_SERVICES_CLI_RATING_OUTPUT_H_
#define RAPPORT_SERVICES_CLI_RATING_OUTPUT_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "rapport/ratings/v1/ratings.pb.h"
#include "services/cli/table.h"

namespace rapport::cli {

// A table of ratings without rows.
Table RatingTable();
// The cells of one rating in it.
std::vector<std::string> RatingCells(const ratings::v1::Rating& rating, absl::TimeZone zone);

// One rating in one line, for a stream: no column widths can be known beforehand.
std::string RatingLine(const ratings::v1::Rating& rating, absl::TimeZone zone);

// Everything about one rating, with its history and surveys.
std::string RatingDetails(const ratings::v1::GetRatingResponse& response, absl::TimeZone zone);

std::string CustomersText(const std::vector<ratings::v1::CustomerSatisfaction>& customers);

// The columns of an export; `rapport ratings import` can read them back.
std::string ExportHeader();
std::string ExportLine(const ratings::v1::Rating& rating);

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_RATING_OUTPUT_H_
