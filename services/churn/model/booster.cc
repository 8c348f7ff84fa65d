#include "services/churn/model/booster.h"

#include <omp.h>
#include <xgboost/c_api.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/synchronization/mutex.h"

namespace rapport::churn {
namespace {

constexpr int kRounds = 120;

struct Parameter {
  const char* name;
  const char* value;
};

// Shallow trees that each see part of the rows and, at every split, half of the features: what suits data sets of some
// hundred to some hundred thousand customers without tuning. A leaf may be nearly pure, as the most and the least loyal
// groups are.
constexpr Parameter kTrainingParameters[] = {
    {"objective", "binary:logistic"}, {"tree_method", "hist"},     {"max_depth", "4"},   {"eta", "0.05"},
    {"min_child_weight", "0.02"},     {"colsample_bynode", "0.5"}, {"subsample", "0.8"},
};

absl::Status Check(int result, absl::string_view doing) {
  if (result == 0) return absl::OkStatus();
  // A stack trace follows the first line.
  const std::pair<absl::string_view, absl::string_view> lines =
      absl::StrSplit(XGBGetLastError(), absl::MaxSplits('\n', 1));
  return absl::InternalError(absl::StrCat("XGBoost failed ", doing, ": ", lines.first));
}

absl::Status Cancelled() {
  return absl::CancelledError("training was cancelled");
}

// XGBoost takes arrays as the address and the shape, in NumPy's array interface.
std::string ArrayInterface(const FeatureMatrix& matrix) {
  return absl::StrCat(R"({"data":[)", reinterpret_cast<uintptr_t>(matrix.values.data()), R"(,true],"shape":[)",
                      matrix.rows(), ",", matrix.columns, R"(],"typestr":"<f4","version":3})");
}

struct FreeMatrix {
  void operator()(void* handle) const { XGDMatrixFree(handle); }
};
using MatrixHandle = std::unique_ptr<void, FreeMatrix>;

absl::StatusOr<MatrixHandle> MakeMatrix(const FeatureMatrix& features) {
  DMatrixHandle handle = nullptr;
  const absl::Status status =
      Check(XGDMatrixCreateFromDense(ArrayInterface(features).c_str(), R"({"missing":NaN,"nthread":1})", &handle),
            "to take the features");
  if (!status.ok()) return status;
  return MatrixHandle(handle);
}

// XGBoost keeps the last answer of each booster for each thread that ever asked it, under the booster's address, and
// only the thread that frees the booster gives its own back: with every model that goes, the others' would stay for as
// long as their threads. So boosters that score are kept, and the next model is read into them. There are never more
// than were once at work at the same time. Thread-safe.
class IdleBoosters {
 public:
  // Of the process, as what XGBoost keeps is.
  static IdleBoosters& Get() {
    static IdleBoosters& idle = *new IdleBoosters;
    return idle;
  }

  // Null when there is none.
  void* Take() {
    const absl::MutexLock lock(&mutex_);
    if (handles_.empty()) return nullptr;
    void* const handle = handles_.back();
    handles_.pop_back();
    return handle;
  }

  void Put(void* handle) {
    const absl::MutexLock lock(&mutex_);
    handles_.push_back(handle);
  }

 private:
  absl::Mutex mutex_;
  std::vector<void*> handles_ ABSL_GUARDED_BY(mutex_);
};

// XGBoost's answer lives until its next call.
absl::StatusOr<std::vector<float>> CopyAnswer(absl::Status status, size_t expected, const bst_ulong* shape,
                                              bst_ulong dimensions, const float* values) {
  if (!status.ok()) return status;
  size_t size = 1;
  for (bst_ulong i = 0; i < dimensions; ++i) size *= shape[i];
  if (size != expected) {
    return absl::InternalError(absl::StrCat("XGBoost answered ", size, " numbers where ", expected, " were due"));
  }
  return std::vector<float>(values, values + size);
}

}  // namespace

void Booster::Free::operator()(void* handle) const {
  if (may_be_read_into) {
    IdleBoosters::Get().Put(handle);
  } else {
    XGBoosterFree(handle);
  }
}

absl::StatusOr<Booster> Booster::CreateOrReuse() {
  if (void* const handle = IdleBoosters::Get().Take(); handle != nullptr) return Booster(handle);
  return Create(nullptr);
}

absl::StatusOr<Booster> Booster::Create(void* training_matrix) {
  // XGBoost reads a model before it looks at its own setting, with as many threads as OpenMP allows the calling one;
  // they stay, spinning, for as long as that thread does.
  omp_set_num_threads(1);
  BoosterHandle handle = nullptr;
  absl::Status status =
      Check(XGBoosterCreate(&training_matrix, training_matrix == nullptr ? 0 : 1, &handle), "to begin a model");
  if (!status.ok()) return status;
  Booster booster(handle);
  status.Update(Check(XGBoosterSetParam(handle, "nthread", "1"), "to take one thread"));
  status.Update(Check(XGBoosterSetParam(handle, "verbosity", "0"), "to be quiet"));
  if (!status.ok()) return status;
  return booster;
}

absl::StatusOr<Booster> Booster::Train(const FeatureMatrix& features, absl::Span<const uint8_t> labels, uint32_t seed,
                                       GoOn go_on) {
  if (!go_on(0)) return Cancelled();
  absl::StatusOr<MatrixHandle> matrix = MakeMatrix(features);
  if (!matrix.ok()) return matrix.status();
  const std::vector<float> outcomes(labels.begin(), labels.end());
  absl::Status status =
      Check(XGDMatrixSetFloatInfo(matrix->get(), "label", outcomes.data(), outcomes.size()), "to take the labels");
  absl::StatusOr<Booster> booster = Create(matrix->get());
  status.Update(booster.status());
  if (!status.ok()) return status;

  const auto set = [&](const char* name, const std::string& value) {
    status.Update(Check(XGBoosterSetParam(booster->handle_.get(), name, value.c_str()), absl::StrCat("to set ", name)));
  };
  for (const Parameter& parameter : kTrainingParameters) set(parameter.name, parameter.value);
  set("seed", absl::StrCat(seed));
  for (int round = 0; round < kRounds && status.ok(); ++round) {
    status = Check(XGBoosterUpdateOneIter(booster->handle_.get(), round, matrix->get()), "to grow a tree");
    if (status.ok() && !go_on((round + 1.0) / kRounds)) return Cancelled();
  }
  if (!status.ok()) return status;
  return booster;
}

absl::StatusOr<Booster> Booster::Load(absl::string_view bytes) {
  absl::StatusOr<Booster> booster = CreateOrReuse();
  if (!booster.ok()) return booster.status();
  const int result = XGBoosterLoadModelFromBuffer(booster->handle_.get(), bytes.data(), bytes.size());
  if (absl::Status status = Check(result, "to load a model"); !status.ok()) return status;
  booster->handle_.get_deleter().may_be_read_into = true;
  return booster;
}

absl::StatusOr<std::string> Booster::Save() const {
  bst_ulong size = 0;
  const char* bytes = nullptr;
  absl::Status status =
      Check(XGBoosterSaveModelToBuffer(handle_.get(), R"({"format":"ubj"})", &size, &bytes), "to save a model");
  if (!status.ok()) return status;
  return std::string(bytes, size);
}

absl::StatusOr<size_t> Booster::FeatureCount() const {
  bst_ulong count = 0;
  absl::Status status = Check(XGBoosterGetNumFeature(handle_.get(), &count), "to count features");
  if (!status.ok()) return status;
  return count;
}

absl::StatusOr<std::vector<float>> Booster::RawScores(const FeatureMatrix& features) const {
  if (features.rows() == 0) return std::vector<float>();
  const bst_ulong* shape = nullptr;
  bst_ulong dimensions = 0;
  const float* values = nullptr;
  constexpr char kConfig[] =
      R"({"type":1,"training":false,"iteration_begin":0,"iteration_end":0,"strict_shape":false,"cache_id":0,"missing":NaN})";
  absl::Status status = Check(XGBoosterPredictFromDense(handle_.get(), ArrayInterface(features).c_str(), kConfig,
                                                        nullptr, &shape, &dimensions, &values),
                              "to score");
  return CopyAnswer(std::move(status), features.rows(), shape, dimensions, values);
}

absl::StatusOr<FeatureMatrix> Booster::Contributions(const FeatureMatrix& features) const {
  FeatureMatrix contributions;
  contributions.columns = features.columns + 1;
  if (features.rows() == 0) return contributions;
  absl::StatusOr<MatrixHandle> matrix = MakeMatrix(features);
  if (!matrix.ok()) return matrix.status();
  const bst_ulong* shape = nullptr;
  bst_ulong dimensions = 0;
  const float* values = nullptr;
  constexpr char kConfig[] =
      R"({"type":2,"training":false,"iteration_begin":0,"iteration_end":0,"strict_shape":false})";
  absl::Status status = Check(
      XGBoosterPredictFromDMatrix(handle_.get(), matrix->get(), kConfig, &shape, &dimensions, &values), "to explain");
  absl::StatusOr<std::vector<float>> answer =
      CopyAnswer(std::move(status), features.rows() * contributions.columns, shape, dimensions, values);
  if (!answer.ok()) return answer.status();
  contributions.values = *std::move(answer);
  return contributions;
}

}  // namespace rapport::churn
