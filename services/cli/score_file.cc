#include "services/cli/score_file.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/cli/churn_call.h"
#include "services/cli/json.h"
#include "services/cli/labelled_table.h"
#include "services/cli/score_output.h"

namespace rapport::cli {
namespace {

using churn::v1::FeatureRow;
using churn::v1::ScoreFeaturesRequest;
using churn::v1::ScoreResult;

constexpr size_t kBatchRows = 1000;

// The rows of a file as a model takes them.
class FeatureRows {
 public:
  static absl::StatusOr<FeatureRows> Make(const churn::TextTable& table, const std::string& id_column,
                                          churn::v1::FeatureSchema schema) {
    std::vector<std::string> ids;
    if (id_column == "-") {
      for (size_t row = 0; row < table.front().values.size(); ++row) ids.push_back(absl::StrCat(row + 1));
    } else {
      const absl::StatusOr<const churn::TextColumn*> column = FindColumn("--id", id_column, table);
      if (!column.ok()) return column.status();
      ids = (*column)->values;
    }
    for (const churn::v1::Feature& feature : schema.features()) {
      const absl::Status found = FindColumn("the model's features", feature.name(), table).status();
      if (!found.ok()) return found;
    }
    absl::StatusOr<churn::FeatureEncoder> encoder = churn::FeatureEncoder::Create(std::move(schema));
    if (!encoder.ok()) return encoder.status();
    absl::StatusOr<churn::FeatureMatrix> features = encoder->Encode(table);
    if (!features.ok()) return features.status();
    return FeatureRows(std::move(ids), *std::move(encoder), *std::move(features));
  }

  size_t size() const { return ids_.size(); }
  const std::string& id(size_t row) const { return ids_[row]; }

  FeatureRow Row(size_t row) const {
    FeatureRow result;
    result.set_id(ids_[row]);
    for (size_t i = 0; i < features_.columns; ++i) {
      churn::v1::FeatureValue value = encoder_.Decode(i, features_.row(row)[i]);
      if (value.value_case() == churn::v1::FeatureValue::VALUE_NOT_SET) continue;
      (*result.mutable_values())[encoder_.schema().features(static_cast<int>(i)).name()] = std::move(value);
    }
    return result;
  }

 private:
  FeatureRows(std::vector<std::string> ids, churn::FeatureEncoder encoder, churn::FeatureMatrix features)
      : ids_(std::move(ids)), encoder_(std::move(encoder)), features_(std::move(features)) {}

  std::vector<std::string> ids_;
  churn::FeatureEncoder encoder_;
  churn::FeatureMatrix features_;
};

absl::StatusOr<FeatureRows> ReadRows(Session& session, const Connection& connection, const ScoreOptions& options,
                                     std::string* version) {
  if (options.ids.size() != 1) return absl::InvalidArgumentError("with --id, name one FILE");
  churn::v1::GetModelRequest request;
  request.set_version(options.model);
  const auto model = Call(connection, &ChurnStub::GetModel, request);
  if (!model.ok()) return model.status();
  *version = model->model().metadata().version();
  const absl::StatusOr<churn::TextTable> table =
      ReadTextTable(session.environment, {.file = options.ids.front(), .delimiter = options.delimiter});
  if (!table.ok()) return table.status();
  return FeatureRows::Make(*table, options.id, model->model().schema());
}

}  // namespace

absl::StatusOr<int> ScoreFile(Session& session, const ScoreOptions& options) {
  const absl::StatusOr<Connection> connection = Connection::Open(session.connection);
  if (!connection.ok()) return connection.status();
  ScoreFeaturesRequest request;
  // All rows are scored by the model that their values were read for, also when another becomes active meanwhile.
  const absl::StatusOr<FeatureRows> rows = ReadRows(session, *connection, options, request.mutable_model_version());
  if (!rows.ok()) return rows.status();
  request.mutable_options()->set_skip_reasons(options.no_reasons);
  bool any_error = false;
  const bool csv = options.csv() && !session.json();
  const auto write = [&](std::ostream& out, Progress& progress, const RetryPolicy& retry) -> absl::StatusOr<int64_t> {
    if (csv) out << ScoreCsvHeader();
    for (size_t begin = 0; begin < rows->size(); begin += kBatchRows) {
      request.clear_rows();
      const size_t end = std::min(begin + kBatchRows, rows->size());
      for (size_t row = begin; row < end; ++row) *request.add_rows() = rows->Row(row);
      auto response = Call(*connection, &ChurnStub::ScoreFeatures, request);
      for (int tries = 1; absl::IsUnavailable(response.status()) && retry.Wait(tries, response.status().message());
           ++tries) {
        response = Call(*connection, &ChurnStub::ScoreFeatures, request);
      }
      if (!response.ok()) return response.status();
      for (int i = 0; i < response->results_size(); ++i) {
        const ScoreResult& result = response->results(i);
        any_error = any_error || result.status().code() != 0;
        out << (csv ? ScoreCsvLine(result, request.rows(i).id()) : JsonLine(result) + "\n");
      }
      progress.Update(static_cast<int64_t>(end), 0);
    }
    return static_cast<int64_t>(rows->size());
  };
  absl::StatusOr<int> code = WriteExport(session, options, "scores", write);
  if (!code.ok() || !any_error) return code;
  session.environment.err << "some rows could not be scored; the column `error` says why" << std::endl;
  return kSomeRejected;
}

}  // namespace rapport::cli
