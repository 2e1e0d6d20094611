// SPDX-License-Identifier: Apache-2.0
import Assessments
import ArgumentParser
import Experiments

extension AssessmentSection: ExpressibleByArgument {}
