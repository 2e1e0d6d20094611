// SPDX-License-Identifier: Apache-2.0
import ArgumentParser

/// A question that `ocelli assess` answers.
enum AssessmentSection: String, CaseIterable, Codable, ExpressibleByArgument {
  case accuracy, calibration, faithfulness, sanity, attention, background, perturbation,
    adversarial, transfer, corruption
}
