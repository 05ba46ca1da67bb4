from development.models.pipeline import Competitor, Opportunity, PipelineRules, StageChange

__all__ = ["Competitor", "Opportunity", "PipelineRules", "StageChange"]
