#include "services/churn/service/scoring.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "absl/strings/str_cat.h"
#include "common/request/fields.h"
#include "common/time/interval.h"
#include "services/churn/core/health_score.h"
#include "services/churn/core/score.h"
#include "services/churn/model/scorer.h"

namespace rapport::churn {
namespace {

constexpr char kProbabilityDefinition[] = "churn.probability.v1";
constexpr int kMostRows = 1000;

// What is scored, and where its result goes.
struct Row {
  const FeatureValues* values = nullptr;
  v1::ScoreResult* result = nullptr;
};

void Fail(const absl::Status& status, v1::ScoreResult& result) {
  result.clear_score();
  result.mutable_status()->set_code(static_cast<int>(status.code()));
  result.mutable_status()->set_message(std::string(status.message()));
}

// Rows that do not fit fail alone and are left out of `rows`.
FeatureMatrix Encode(const FeatureEncoder& encoder, UnknownNames unknown, std::vector<Row>& rows) {
  FeatureMatrix matrix;
  matrix.columns = static_cast<size_t>(encoder.schema().features_size());
  matrix.values.reserve(rows.size() * matrix.columns);
  std::erase_if(rows, [&](const Row& row) {
    const absl::StatusOr<std::vector<float>> values = encoder.Encode(*row.values, unknown);
    if (!values.ok()) {
      Fail(values.status(), *row.result);
      return true;
    }
    matrix.values.insert(matrix.values.end(), values->begin(), values->end());
    return false;
  });
  return matrix;
}

// All in one call of the model, which is several times faster than one by one.
absl::Status ScoreByModel(const Scorer& scorer, UnknownNames unknown, const v1::ScoreOptions& options,
                          std::vector<Row> rows) {
  const FeatureMatrix matrix = Encode(scorer.encoder(), unknown, rows);
  if (rows.empty()) return absl::OkStatus();
  const Reasons reasons = options.skip_reasons() ? Reasons::kNone : Reasons::kContributions;
  const absl::StatusOr<Scores> scores = scorer.Score(matrix, reasons);
  if (!scores.ok()) return scores.status();
  const v1::ModelMetadata& metadata = scorer.model().metadata();
  for (size_t i = 0; i < rows.size(); ++i) {
    v1::Score& score = *rows[i].result->mutable_score();
    score.set_kind(v1::SCORE_KIND_PROBABILITY);
    score.set_definition_id(kProbabilityDefinition);
    score.set_model_version(metadata.version());
    score.set_probability(scores->probabilities[i]);
    score.set_band(BandOfProbability(score.probability(), BaseRate(metadata)));
    score.set_raw_score(scores->raw_scores[i]);
    for (size_t feature = 0; feature < matrix.columns; ++feature) {
      if (!std::isnan(matrix.row(i)[feature])) continue;
      score.add_missing_inputs(scorer.model().schema().features(static_cast<int>(feature)).name());
    }
    if (reasons == Reasons::kNone) continue;
    score.set_baseline(scores->contributions.row(i).back());
    SetReasons(scorer.Explain(matrix, *scores, i), score);
    TrimReasons(options, score);
  }
  return absl::OkStatus();
}

std::optional<double> NumberOf(const v1::FeatureValue& value) {
  if (value.has_number()) return value.number();
  if (value.has_boolean()) return value.boolean() ? 1 : 0;
  return std::nullopt;
}

void ScoreByRules(const v1::HealthRules& rules, const v1::ScoreOptions& options, const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    SignalValues values;
    for (const v1::HealthSignal& signal : rules.signals()) {
      const auto found = row.values->find(signal.name());
      if (found == row.values->end()) continue;
      if (const std::optional<double> number = NumberOf(found->second)) values[signal.name()] = *number;
    }
    SetHealth(ScoreHealth(rules, values), *row.result->mutable_score());
    TrimReasons(options, *row.result->mutable_score());
  }
}

void SetInputs(const v1::CustomerFeatures& features, v1::Score& score) {
  score.set_customer_id(features.customer_id());
  *score.mutable_computed_at() = features.as_of();
  *score.mutable_sources() = features.sources();
  for (const v1::SourceState& source : features.sources()) {
    if (!source.has_fetched_at()) continue;
    if (score.has_oldest_input_at() && ToMillis(score.oldest_input_at()) <= ToMillis(source.fetched_at())) continue;
    *score.mutable_oldest_input_at() = source.fetched_at();
  }
}

// Begins the scores of known customers, and refuses the others.
std::vector<Row> Prepare(const std::vector<v1::CustomerFeatures>& features, std::vector<v1::ScoreResult>& results) {
  std::vector<Row> rows;
  rows.reserve(features.size());
  for (size_t i = 0; i < features.size(); ++i) {
    results[i].mutable_status()->set_index(static_cast<int32_t>(i));
    if (features[i].values().empty()) {
      Fail(absl::NotFoundError(absl::StrCat("customer_id: \"", Shown(features[i].customer_id()),
                                            "\" is unknown; record an activity of theirs first")),
           results[i]);
      continue;
    }
    SetInputs(features[i], *results[i].mutable_score());
    rows.push_back({&features[i].values(), &results[i]});
  }
  return rows;
}

int64_t CountScored(const std::vector<v1::ScoreResult>& results) {
  return std::count_if(results.begin(), results.end(), [](const v1::ScoreResult& each) { return each.has_score(); });
}

}  // namespace

absl::StatusOr<FeatureMatrix> EncodeCustomers(const Scorer& scorer,
                                              absl::Span<const v1::CustomerFeatures* const> customers) {
  FeatureMatrix matrix;
  matrix.columns = static_cast<size_t>(scorer.model().schema().features_size());
  matrix.values.reserve(customers.size() * matrix.columns);
  for (const v1::CustomerFeatures* each : customers) {
    const absl::StatusOr<std::vector<float>> row = scorer.encoder().Encode(each->values(), UnknownNames::kPassOver);
    if (!row.ok()) return row.status();
    matrix.values.insert(matrix.values.end(), row->begin(), row->end());
  }
  return matrix;
}

double BaseRate(const v1::ModelMetadata& metadata) {
  return static_cast<double>(metadata.positive_count()) /
         static_cast<double>(std::max<int64_t>(1, metadata.row_count()));
}

absl::StatusOr<std::vector<v1::ScoreResult>> ScoreWithModel(const Scorer& scorer,
                                                            const std::vector<v1::CustomerFeatures>& features,
                                                            const v1::ScoreOptions& options) {
  if (!scorer.model().metadata().standard_features()) {
    return absl::FailedPreconditionError(
        "the active model takes other than the standard features: send yours with ScoreFeatures, or activate a model "
        "that was trained on recorded outcomes");
  }
  std::vector<v1::ScoreResult> results(features.size());
  const absl::Status status = ScoreByModel(scorer, UnknownNames::kPassOver, options, Prepare(features, results));
  if (!status.ok()) return status;
  return results;
}

absl::Status ValidateScoreOptions(const v1::ScoreOptions& options) {
  if (options.max_reasons() >= 0) return absl::OkStatus();
  return Invalid("options.max_reasons", absl::StrCat(options.max_reasons()), "is negative; use 0 for all");
}

bool Scoring::Made::IsSameOrigin(const Made& other) const {
  return record_version == other.record_version && peers_fetched_ms == other.peers_fetched_ms &&
         peers_freshness == other.peers_freshness && day == other.day && by == other.by;
}

Scoring::Made Scoring::OriginOf(const FeatureInputs& inputs, std::shared_ptr<const void> by, absl::Time now) {
  Made made;
  made.record_version = inputs.record.version;
  made.peers_fetched_ms = {ToMillis(inputs.satisfaction.state.fetched_at()),
                           ToMillis(inputs.responsiveness.state.fetched_at())};
  made.peers_freshness = {inputs.satisfaction.state.freshness(), inputs.responsiveness.state.freshness()};
  made.day = UtcDay(now);
  made.by = std::move(by);
  return made;
}

absl::StatusOr<std::vector<v1::ScoreResult>> Scoring::ScoreCustomers(absl::string_view tenant,
                                                                     const std::vector<std::string>& ids,
                                                                     const v1::ScoreOptions& options,
                                                                     absl::Time deadline) {
  const absl::StatusOr<ModelsInUse> models = models_.Get(tenant);
  if (!models.ok()) return models.status();
  const auto rules = rules_.Get(tenant);
  if (!rules.ok()) return rules.status();
  const auto inputs = features_.LoadInputs(tenant, ids, deadline);
  if (!inputs.ok()) return inputs.status();
  const absl::Time now = clock_();
  std::shared_ptr<const void> by = models->active;
  if (by == nullptr) by = rules->rules;

  std::vector<v1::ScoreResult> results(ids.size());
  std::vector<size_t> wanted;
  std::vector<v1::CustomerFeatures> features;
  for (size_t i = 0; i < ids.size(); ++i) {
    const std::shared_ptr<const Made> made = recent_.Recall(tenant, ids[i], now);
    if (made != nullptr && made->IsSameOrigin(OriginOf((*inputs)[i], by, now))) {
      *results[i].mutable_score() = made->score;
      continue;
    }
    auto of_one = features_.MakeFeatures(ids[i], (*inputs)[i]);
    if (!of_one.ok()) return of_one.status();
    wanted.push_back(i);
    features.push_back(*std::move(of_one));
  }
  if (!wanted.empty()) {
    v1::ScoreOptions all_reasons;
    all_reasons.set_skip_reasons(options.skip_reasons());
    auto scored = ScoreLoaded(tenant, *models, features, all_reasons);
    if (!scored.ok()) return scored.status();
    for (size_t k = 0; k < wanted.size(); ++k) {
      v1::ScoreResult& result = results[wanted[k]];
      result = std::move((*scored)[k]);
      if (options.skip_reasons() || !result.has_score()) continue;
      Made made = OriginOf((*inputs)[wanted[k]], by, now);
      made.score = result.score();
      recent_.Remember(tenant, ids[wanted[k]], std::make_shared<const Made>(std::move(made)), now);
    }
  }
  for (size_t i = 0; i < results.size(); ++i) {
    results[i].mutable_status()->set_index(static_cast<int32_t>(i));
    if (results[i].has_score()) TrimReasons(options, *results[i].mutable_score());
  }
  return results;
}

absl::StatusOr<std::vector<v1::ScoreResult>> Scoring::ScoreLoaded(absl::string_view tenant, const ModelsInUse& models,
                                                                  const std::vector<v1::CustomerFeatures>& features,
                                                                  const v1::ScoreOptions& options) {
  if (models.active != nullptr) {
    auto results = ScoreWithModel(*models.active->scorer, features, options);
    if (results.ok()) metrics_.OnScored(tenant, v1::SCORE_KIND_PROBABILITY, CountScored(*results));
    return results;
  }
  const absl::StatusOr<HealthRulesStore::Current> rules = rules_.Get(tenant);
  if (!rules.ok()) return rules.status();
  std::vector<v1::ScoreResult> results(features.size());
  ScoreByRules(*rules->rules, options, Prepare(features, results));
  metrics_.OnScored(tenant, v1::SCORE_KIND_HEALTH_SCORE, CountScored(results));
  return results;
}

absl::Status Scoring::ScoreFeatures(absl::string_view tenant, const v1::ScoreFeaturesRequest& request,
                                    v1::ScoreFeaturesResponse& response) {
  if (request.rows().empty() || request.rows_size() > kMostRows) {
    return Invalid("rows", absl::StrCat(request.rows_size(), " rows"), absl::StrCat("send 1 to ", kMostRows));
  }
  if (absl::Status valid = ValidateScoreOptions(request.options()); !valid.ok()) return valid;
  std::shared_ptr<const LoadedModel> model;
  if (request.model_version().empty()) {
    const absl::StatusOr<ModelsInUse> models = models_.Get(tenant);
    if (!models.ok()) return models.status();
    model = models->active;
    if (model == nullptr) {
      return absl::FailedPreconditionError("no model is active: name one in model_version, or train and activate one");
    }
  } else {
    absl::StatusOr<std::shared_ptr<const LoadedModel>> found = models_.Find(tenant, request.model_version());
    if (!found.ok()) return found.status();
    model = *std::move(found);
  }
  const google::protobuf::Timestamp now = ToProto(clock_());
  std::vector<Row> rows;
  response.mutable_results()->Reserve(request.rows_size());
  for (int i = 0; i < request.rows_size(); ++i) {
    v1::ScoreResult& result = *response.add_results();
    result.mutable_status()->set_index(i);
    if (const absl::Status valid = ValidateText("id", request.rows(i).id()); !valid.ok()) {
      Fail(valid, result);
      continue;
    }
    result.mutable_score()->set_customer_id(request.rows(i).id());
    *result.mutable_score()->mutable_computed_at() = now;
    rows.push_back({&request.rows(i).values(), &result});
  }
  metrics_.OnScored(tenant, v1::SCORE_KIND_PROBABILITY, static_cast<int64_t>(rows.size()));
  return ScoreByModel(*model->scorer, UnknownNames::kRefuse, request.options(), std::move(rows));
}

}  // namespace rapport::churn
