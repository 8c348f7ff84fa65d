#include "services/cli/currency.h"

#include "absl/algorithm/container.h"

namespace rapport::cli {
namespace {

// Currencies whose minor unit is not a hundredth.
constexpr absl::string_view kWhole[] = {"BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG",
                                        "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"};
constexpr absl::string_view kThousandths[] = {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"};

}  // namespace

int MinorDigits(absl::string_view currency) {
  if (absl::c_linear_search(kWhole, currency)) return 0;
  return absl::c_linear_search(kThousandths, currency) ? 3 : 2;
}

}  // namespace rapport::cli
