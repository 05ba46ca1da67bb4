from development.models.pipeline import Competitor, Opportunity, PipelineRules, StageChange
from development.models.proposals import BenefitMonth, CatalogueService, Proposal, ProposalLine

__all__ = [
    "BenefitMonth",
    "CatalogueService",
    "Competitor",
    "Opportunity",
    "PipelineRules",
    "Proposal",
    "ProposalLine",
    "StageChange",
]
