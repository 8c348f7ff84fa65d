#include "services/cli/rating_output.h"

#include <google/protobuf/struct.pb.h>

#include <map>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/csv/reader.h"
#include "common/time/interval.h"
#include "services/cli/enum_names.h"
#include "services/cli/figure_text.h"
#include "services/cli/json.h"
#include "services/cli/score.h"
#include "services/cli/text.h"

namespace rapport::cli {
namespace {

using ratings::v1::CustomerSatisfaction;
using ratings::v1::CustomerScale;
using ratings::v1::GetRatingResponse;
using ratings::v1::Rating;
using ratings::v1::Survey;

constexpr size_t kCommentWidth = 60;
// Labels that have a column of their own in an export.
constexpr absl::string_view kLabelColumns[] = {"team", "product", "plan", "locale"};

std::string TimeText(const google::protobuf::Timestamp& timestamp, absl::TimeZone zone) {
  return absl::FormatTime("%Y-%m-%d %H:%M:%E*S", FromProto(timestamp), zone);
}

std::string ScaledScore(const Rating& rating) {
  return absl::StrCat(ScoreText(rating), rating.wow() ? " wow" : "");
}

std::string CommentText(const Rating& rating) {
  return rating.comment_withheld() ? "(comment withheld)" : rating.comment();
}

std::string ChannelText(common::v1::Channel channel) {
  return channel == common::v1::CHANNEL_UNSPECIFIED ? "" : ShortName(channel);
}

// In the order of keys: a protobuf map has none.
template <class Map>
std::string LabelsText(const Map& labels) {
  const std::map<std::string, std::string> sorted(labels.begin(), labels.end());
  return absl::StrJoin(sorted, " ", absl::PairFormatter("="));
}

void AppendField(absl::string_view name, absl::string_view value, std::string* text) {
  if (!value.empty()) absl::StrAppend(text, PadRight(name, 14), Printable(value), "\n");
}

std::string OtherLabels(const Rating& rating) {
  google::protobuf::Struct others;
  for (const auto& [key, value] : rating.labels()) {
    if (!absl::c_linear_search(kLabelColumns, key)) (*others.mutable_fields())[key].set_string_value(value);
  }
  return others.fields().empty() ? "" : JsonLine(others);
}

}  // namespace

Table RatingTable() {
  return Table({{"occurred at"},
                {"rating"},
                {"customer"},
                {"scale"},
                {"score", Table::Align::kRight},
                {"agent"},
                {"channel"},
                {"comment"}});
}

std::vector<std::string> RatingCells(const Rating& rating, absl::TimeZone zone) {
  return {TimeText(rating.occurred_at(), zone),
          rating.rating_id(),
          rating.customer_id(),
          ShortName(rating.scale()),
          ScaledScore(rating),
          rating.agent_id(),
          ChannelText(rating.channel()),
          Shortened(CommentText(rating), kCommentWidth)};
}

std::string RatingLine(const Rating& rating, absl::TimeZone zone) {
  std::string line = absl::StrCat(TimeText(rating.occurred_at(), zone), "  ", ShortName(rating.scale()), " ",
                                  ScaledScore(rating), "  ", rating.rating_id(), "  customer ", rating.customer_id());
  if (!rating.agent_id().empty()) absl::StrAppend(&line, "  agent ", rating.agent_id());
  if (rating.channel() != common::v1::CHANNEL_UNSPECIFIED) absl::StrAppend(&line, "  ", ChannelText(rating.channel()));
  const std::string comment = CommentText(rating);
  if (!comment.empty()) absl::StrAppend(&line, "  ", comment);
  return Printable(line);
}

std::string RatingDetails(const GetRatingResponse& response, absl::TimeZone zone) {
  std::string text;
  if (response.has_rating()) {
    const Rating& rating = response.rating();
    AppendField("rating", rating.rating_id(), &text);
    AppendField("customer", rating.customer_id(), &text);
    AppendField("score", absl::StrCat(ShortName(rating.scale()), " ", ScaledScore(rating)), &text);
    AppendField("occurred at", TimeText(rating.occurred_at(), zone), &text);
    AppendField("received at", TimeText(rating.received_at(), zone), &text);
    AppendField("agent", rating.agent_id(), &text);
    AppendField("channel", ChannelText(rating.channel()), &text);
    AppendField("conversation", rating.conversation_id(), &text);
    AppendField("labels", LabelsText(rating.labels()), &text);
    AppendField("comment", CommentText(rating), &text);
  } else {
    absl::StrAppend(&text, "not rated yet\n");
  }
  if (response.history_size() > 1) {
    Table history({{"occurred at"}, {"revision", Table::Align::kRight}, {"score"}, {"comment"}});
    for (const Rating& revision : response.history()) {
      history.AddRow({TimeText(revision.occurred_at(), zone), absl::StrCat(revision.revision()), ScaledScore(revision),
                      Shortened(CommentText(revision), kCommentWidth)});
    }
    absl::StrAppend(&text, "\nhistory, the revision that counts first\n", history.ToText());
  }
  if (!response.surveys().empty()) {
    Table surveys({{"survey"}, {"occurred at"}, {"agent"}, {"channel"}});
    for (const Survey& survey : response.surveys()) {
      surveys.AddRow({ShortName(survey.status()), TimeText(survey.occurred_at(), zone), survey.agent_id(),
                      ChannelText(survey.channel())});
    }
    absl::StrAppend(&text, "\n", surveys.ToText());
  }
  return text;
}

std::string CustomersText(const std::vector<CustomerSatisfaction>& customers) {
  Table table({{"customer"},
               {"scale"},
               {"ratings", Table::Align::kRight},
               {"positive (interval)"},
               {"negative (interval)"},
               {"mean", Table::Align::kRight},
               {"last rated"}});
  for (const CustomerSatisfaction& customer : customers) {
    const std::string last =
        customer.has_last_rated_day()
            ? absl::FormatTime("%Y-%m-%d", FromProto(customer.last_rated_day()), absl::UTCTimeZone())
            : "";
    if (customer.scales().empty()) table.AddRow({customer.customer_id(), "never rated", "", "", "", "", last});
    for (const CustomerScale& scale : customer.scales()) {
      table.AddRow({customer.customer_id(), ShortName(scale.scale()), Grouped(scale.rating_count()),
                    FigureText(scale.positive(), Unit::kShare), FigureText(scale.negative(), Unit::kShare),
                    ValueText(scale.mean(), Unit::kMean), last});
    }
  }
  return table.ToText();
}

std::string ExportHeader() {
  std::vector<std::string> columns = {"rating_id",  "customer_id", "scale",   "score",           "wow",
                                      "agent_id",   "channel",     "comment", "conversation_id", "revision",
                                      "occurred_at"};
  for (const absl::string_view label : kLabelColumns) columns.push_back(absl::StrCat("label.", label));
  columns.emplace_back("other_labels");
  return csv::Line(columns);
}

std::string ExportLine(const Rating& rating) {
  std::vector<std::string> fields = {
      rating.rating_id(),
      rating.customer_id(),
      ShortName(rating.scale()),
      ScoreText(rating),
      rating.wow() ? "true" : "false",
      rating.agent_id(),
      ChannelText(rating.channel()),
      rating.comment(),
      rating.conversation_id(),
      absl::StrCat(rating.revision()),
      absl::FormatTime(absl::RFC3339_full, FromProto(rating.occurred_at()), absl::UTCTimeZone())};
  for (const absl::string_view label : kLabelColumns) {
    const auto found = rating.labels().find(std::string(label));
    fields.push_back(found == rating.labels().end() ? "" : found->second);
  }
  fields.push_back(OtherLabels(rating));
  return csv::Line(fields);
}

}  // namespace rapport::cli
