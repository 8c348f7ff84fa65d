#include "services/cli/score.h"

#include <cmath>
#include <limits>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "services/cli/enum_names.h"

namespace rapport::cli {

using ratings::v1::Emoticon;
using ratings::v1::Rating;
using ratings::v1::Thumb;

absl::Status SetScore(absl::string_view text, Rating* rating) {
  text = absl::StripAsciiWhitespace(text);
  if (rating->scale() == ratings::v1::SCALE_EMOTICON_3) {
    const absl::StatusOr<Emoticon> emoticon = ParseShortName<Emoticon>("score", text);
    if (emoticon.ok()) rating->set_emoticon(*emoticon);
    return emoticon.status();
  }
  if (rating->scale() == ratings::v1::SCALE_THUMBS_2) {
    const absl::StatusOr<Thumb> thumb = ParseShortName<Thumb>("score", text);
    if (thumb.ok()) rating->set_thumb(*thumb);
    return thumb.status();
  }
  double points = 0;
  if (!absl::SimpleAtod(text, &points) || points != std::floor(points) ||
      std::abs(points) > std::numeric_limits<int32_t>::max()) {
    return absl::InvalidArgumentError(
        absl::StrCat("score '", text, "' is not a whole number, as ", ShortName(rating->scale()), " asks"));
  }
  rating->set_points(static_cast<int32_t>(points));
  return absl::OkStatus();
}

std::string ScoreText(const Rating& rating) {
  switch (rating.score_case()) {
    case Rating::kEmoticon:
      return ShortName(rating.emoticon());
    case Rating::kThumb:
      return ShortName(rating.thumb());
    case Rating::kPoints:
      return absl::StrCat(rating.points());
    case Rating::SCORE_NOT_SET:
      break;
  }
  return "";
}

}  // namespace rapport::cli
