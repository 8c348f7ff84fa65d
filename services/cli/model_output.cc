#include "services/cli/model_output.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "services/cli/enum_names.h"
#include "services/cli/figure_text.h"
#include "services/cli/period_text.h"
#include "services/cli/table.h"
#include "services/cli/text.h"

namespace rapport::cli {
namespace {

using churn::v1::EvaluationCard;
using churn::v1::EvaluationFigure;
using churn::v1::FeatureDrift;
using churn::v1::GetDriftResponse;
using churn::v1::ModelMetadata;
using churn::v1::ModelSummary;
using churn::v1::Training;
using google::protobuf::RepeatedPtrField;

constexpr size_t kVersionDigits = 12;
constexpr size_t kSourceWidth = 40;
constexpr size_t kErrorWidth = 80;

std::string Share(double share) {
  return absl::StrFormat("%.1f %%", 100 * share);
}

std::string Line(absl::string_view name, absl::string_view value) {
  return value.empty() ? "" : absl::StrCat(PadRight(name, 12), Printable(value), "\n");
}

// `7,043 rows, 1,869 of them churned (26.5 %)`.
std::string RowsText(int64_t rows, int64_t positives) {
  const double share = rows == 0 ? 0 : static_cast<double>(positives) / static_cast<double>(rows);
  return absl::StrCat(Grouped(rows), " rows, ", Grouped(positives), " of them churned (", Share(share), ")");
}

std::string SourceText(const ModelMetadata& metadata) {
  std::string text = metadata.source();
  if (metadata.has_cut_off()) {
    absl::StrAppend(&text, " as of ", MinuteText(metadata.cut_off(), absl::UTCTimeZone()), " (UTC)");
  }
  if (metadata.horizon_days() > 0) absl::StrAppend(&text, ", lost within ", metadata.horizon_days(), " days");
  return text;
}

std::string UseText(const ModelSummary& model) {
  return model.active() ? "active" : model.shadow() ? "shadow" : "";
}

std::string Figure4(double value) {
  return absl::StrFormat("%.4f", value);
}

std::string ProgressText(const Training& training) {
  const bool under_way = training.state() == churn::v1::TRAINING_STATE_RUNNING;
  return under_way ? absl::StrFormat("%.0f %% %s", 100 * training.progress(), training.step()) : "";
}

std::string ResultText(const Training& training) {
  if (training.has_model()) return absl::StrCat("model ", ShortVersion(training.model().metadata().version()));
  return Shortened(training.error().message(), kErrorWidth);
}

std::string FeaturesText(const RepeatedPtrField<FeatureDrift>& features) {
  Table table({{"feature"}, {"index", Table::Align::kRight}, {"by chance", Table::Align::kRight}, {"verdict"}});
  for (const FeatureDrift& feature : features) {
    const char* verdict = feature.stability_index() > 0.25 ? "moved far" : "moved";
    table.AddRow({feature.feature(), absl::StrFormat("%.3f", feature.stability_index()),
                  absl::StrFormat("%.3f", feature.by_chance()), feature.drifting() ? verdict : "stable"});
  }
  return table.ToText();
}

}  // namespace

std::string ShortVersion(absl::string_view version) {
  return std::string(version.substr(0, kVersionDigits));
}

std::string EvaluationText(const EvaluationCard& card) {
  const struct {
    const char* name;
    const EvaluationFigure& figure;
  } figures[] = {{"ROC-AUC", card.roc_auc()},
                 {"PR-AUC", card.pr_auc()},
                 {"log-loss", card.log_loss()},
                 {"Brier", card.brier()},
                 {"calibration error (ECE)", card.calibration_error()},
                 {"top-decile lift", card.top_decile_lift()}};
  const auto right = Table::Align::kRight;
  Table table({{"figure"}, {"all rows", right}, {"mean of folds", right}, {"spread", right}, {"base rate", right}});
  for (const auto& [name, figure] : figures) {
    table.AddRow({name, Figure4(figure.value()), Figure4(figure.fold_mean()), Figure4(figure.fold_spread()),
                  Figure4(figure.base_rate())});
  }
  return absl::StrCat(RowsText(card.row_count(), card.positive_count()),
                      "; each judged by a model that did not see it, ", card.folds(), " folds, seed ", card.seed(),
                      "\n\n", table.ToText());
}

std::string ModelText(const ModelSummary& model, absl::TimeZone zone) {
  const ModelMetadata& metadata = model.metadata();
  std::string text = absl::StrCat(
      Line("version", metadata.version()), Line("use", UseText(model)),
      Line("trained at", MinuteText(metadata.trained_at(), zone)),
      Line("trained on", RowsText(metadata.row_count(), metadata.positive_count())),
      Line("source", SourceText(metadata)),
      Line("features", absl::StrCat(model.schema().features_size(), metadata.standard_features()
                                                                        ? ", the standard ones: it can score customers"
                                                                        : " of its own: it scores files")));
  if (model.has_activated_at()) absl::StrAppend(&text, Line("activated", MinuteText(model.activated_at(), zone)));
  return absl::StrCat(text, "\n", model.has_evaluation() ? EvaluationText(model.evaluation()) : "not evaluated\n");
}

std::string ModelsText(const RepeatedPtrField<ModelSummary>& models, absl::TimeZone zone) {
  if (models.empty()) return "no models; `rapport churn train` makes one\n";
  const auto right = Table::Align::kRight;
  Table table({{"version"},
               {"use"},
               {"trained at"},
               {"rows", right},
               {"churned", right},
               {"ROC-AUC", right},
               {"log-loss", right},
               {"ECE", right},
               {"source"}});
  for (const ModelSummary& model : models) {
    const ModelMetadata& metadata = model.metadata();
    const EvaluationCard& card = model.evaluation();
    const auto figure = [&](const EvaluationFigure& of) {
      return model.has_evaluation() ? absl::StrFormat("%.3f", of.value()) : "";
    };
    const auto rows = static_cast<double>(std::max<int64_t>(metadata.row_count(), 1));
    table.AddRow({ShortVersion(metadata.version()), UseText(model), MinuteText(metadata.trained_at(), zone),
                  Grouped(metadata.row_count()), Share(static_cast<double>(metadata.positive_count()) / rows),
                  figure(card.roc_auc()), figure(card.log_loss()), figure(card.calibration_error()),
                  Shortened(SourceText(metadata), kSourceWidth)});
  }
  return table.ToText();
}

std::string TrainingsText(const RepeatedPtrField<Training>& trainings, absl::TimeZone zone) {
  if (trainings.empty()) return "no trainings\n";
  Table table({{"training"}, {"state"}, {"progress"}, {"asked for"}, {"ended"}, {"result"}});
  for (const Training& training : trainings) {
    table.AddRow({training.training_id(), ShortName(training.state()), ProgressText(training),
                  MinuteText(training.created_at(), zone),
                  training.has_ended_at() ? MinuteText(training.ended_at(), zone) : "", ResultText(training)});
  }
  return table.ToText();
}

std::string DriftText(const GetDriftResponse& drift, absl::TimeZone zone) {
  if (!drift.has_measured_at()) {
    return absl::StrCat("nobody was scored with model ", ShortVersion(drift.model_version()),
                        " yet; `rapport churn sweep` scores everyone\n");
  }
  std::string text =
      absl::StrCat("model ", ShortVersion(drift.model_version()), ", measured at ",
                   MinuteText(drift.measured_at(), zone), " (", zone.name(), ")\n\n", FeaturesText(drift.features()));
  if (drift.has_outcome()) {
    const auto& outcome = drift.outcome();
    absl::StrAppend(&text, "\noutcome   ", FigureText(outcome.observed(), Unit::kShare), " of ",
                    Grouped(outcome.customer_count()), " customers were lost, ", Share(outcome.predicted()),
                    " predicted: ", outcome.significant() ? "more apart than by chance" : "as far apart as by chance",
                    "\n");
  }
  if (drift.has_shadow()) {
    const auto& shadow = drift.shadow();
    absl::StrAppend(&text, "\nshadow    ", ShortVersion(shadow.shadow_version()), " on ",
                    Grouped(shadow.customer_count()), " customers: mean ", Share(shadow.shadow_mean()), " beside ",
                    Share(shadow.active_mean()), ", ", Share(shadow.mean_absolute_difference()), " apart in the mean, ",
                    Grouped(shadow.band_change_count()), " in another band\n");
  }
  return text;
}

}  // namespace rapport::cli
