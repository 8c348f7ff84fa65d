#include "services/cli/churn_evaluate.h"

#include "services/churn/model/trainer.h"
#include "services/cli/json.h"
#include "services/cli/model_output.h"
#include "services/cli/progress.h"

namespace rapport::cli {

absl::StatusOr<int> Evaluate(Session& session, const EvaluateOptions& options) {
  const absl::StatusOr<churn::TextTable> table = ReadLabelledTable(session.environment, options);
  if (!table.ok()) return table.status();
  const absl::StatusOr<churn::LabelledData> data = churn::MakeLabelledData(
      *table, {.label = options.label, .positive = options.positive, .id = options.id, .left_out = options.ignored});
  if (!data.ok()) return data.status();
  churn::v1::TrainingOptions training;
  training.set_folds(options.folds);
  training.set_seed(options.seed);
  Progress progress(session.environment.err, session.progress && session.environment.err_is_terminal, 0);
  const absl::StatusOr<churn::v1::EvaluationCard> card =
      churn::CrossValidate(*data, training, [&progress](double done) {
        progress.UpdateShare(done, "training and judging");
        return true;
      });
  progress.Clear();
  if (!card.ok()) return card.status();
  session.environment.out << (session.json() ? JsonLine(*card) + "\n" : EvaluationText(*card));
  return kDone;
}

}  // namespace rapport::cli
