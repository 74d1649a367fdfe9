#include "loader/coregistration.h"

#include "loader/mask_agreement.h"
#include "loader/text.h"
#include "transforms/error.h"
#include "transforms/parallel_each.h"

namespace trivox {
namespace {

bool differ(const CoregistrationOptions& options, const std::string& fixed, const std::string& moving) {
  if (options.frames != "auto") return options.frames == "other";
  return !fixed.empty() && !moving.empty() && fixed != moving;
}

void check(const CoregistrationOptions& options) {
  if (options.reference != "auto" && options.reference != "none")
    throw UsageError("registration.reference", options.reference, "auto or none");
  if (options.on_rejection != "header" && options.on_rejection != "quarantine")
    throw UsageError("registration.on_rejection", options.on_rejection, "header or quarantine");
  if (options.frames != "auto" && options.frames != "same" && options.frames != "other")
    throw UsageError("registration.frames", options.frames, "auto, same or other");
}

ChannelAlignment align(const Sequence& fixed, const Sequence& moving, const PreparedImage& fixed_ready,
                       const PreparedImage& moving_ready, const CoregistrationOptions& options) {
  const RegistrationOptions asked = registration_options(options, fixed.identity.frame_of_reference_uid,
                                                         moving.identity.frame_of_reference_uid);
  const Registration answer = register_rigid(fixed_ready, moving_ready, asked);
  const std::string pair = "registration onto " + fixed.name;
  ChannelAlignment out;
  out.reference_to_native = answer.transform.matrix();
  out.outcome = to_string(answer.outcome);
  if (answer.outcome == RegistrationOutcome::kRejected) {
    out.warnings = {pair + " rejected, the header alone places it: " + joined(answer.warnings, "; ")};
  } else {
    for (const std::string& warning : answer.warnings) out.warnings.push_back(pair + ": " + warning);
  }
  RegistrationRecord record;
  static_cast<RegistrationFigures&>(record) = answer;
  record.found = answer.found.matrix();
  record.is_other_frame = asked.is_wide;
  record.reasons = answer.warnings;
  if (fixed.mask && moving.mask)
    record.masks = mask_agreement(*fixed.mask, *moving.mask, out.reference_to_native);
  out.registration = record;
  return out;
}

/// All that were rejected, so that nobody mends one to find the next.
void refuse_rejected(const Patient& patient, size_t reference, const std::vector<ChannelAlignment>& all) {
  std::vector<CaseRegistration> found;
  std::string rejected;
  const std::string& onto = patient.sequences[reference].name;
  for (size_t i = 0; i < all.size(); ++i) {
    if (!all[i].registration) continue;
    found.push_back(
        {patient.id, onto, patient.sequences[i].name, all[i].outcome, *all[i].registration, true});
    if (all[i].outcome == to_string(RegistrationOutcome::kRejected))
      rejected.append(rejected.empty() ? "" : ") (")
          .append(patient.sequences[i].name)
          .append(": ")
          .append(joined(all[i].registration->reasons, "; "));
  }
  if (!rejected.empty())
    throw RejectedCase(
        Error("registration onto " + onto, "not credible (" + rejected + ")",
              "a credible transform, or registration.on_rejection: header to keep the case by its headers"),
        std::move(found));
}

}  // namespace

RegistrationOptions registration_options(const CoregistrationOptions& options, const std::string& fixed_frame,
                                         const std::string& moving_frame) {
  RegistrationOptions out;
  out.seed = options.seed;
  out.limits = options.limits;
  out.is_wide = differ(options, fixed_frame, moving_frame);
  if (out.is_wide) {
    out.limits.most_shift_mm = options.most_shift_other_frame_mm;
    out.limits.most_turn_deg = options.most_turn_other_frame_deg;
  }
  return out;
}

std::vector<ChannelAlignment> coregister(const Patient& patient, size_t reference,
                                         const CoregistrationOptions& options) {
  check(options);
  const size_t count = patient.sequences.size();
  std::vector<ChannelAlignment> out(count);
  if (reference < count) out[reference].outcome = "reference";
  if (options.reference == "none" || count < 2) return out;
  const auto each = [&](const auto& work) {
    parallel_each(count, [&](size_t i) {
      try {
        work(i);
      } catch (const Error& error) {
        throw error.in("sequence " + patient.sequences[i].name);
      }
    });
  };
  std::vector<PreparedImage> ready(count);
  each([&](size_t i) { ready[i] = prepare_image(patient.sequences[i].image, options.seed); });
  each([&](size_t i) {
    if (i != reference)
      out[i] = align(patient.sequences[reference], patient.sequences[i], ready[reference], ready[i], options);
  });
  if (options.on_rejection == "quarantine") refuse_rejected(patient, reference, out);
  return out;
}

}  // namespace trivox
