// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Experiments

extension AssessmentSection: ExpressibleByArgument {}
